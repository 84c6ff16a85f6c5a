"""A forecaster that predicts a distribution: the mixin with `coders` for a type of the library's own.

The shape is that of the module of Moirai (https://github.com/SalesforceAIResearch/uni2ts): one argument of `__init__`
is an object that turns numbers of a network into a distribution. JSON knows no such thing, so two functions say how it
is written to `config.json` and read again.
"""

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Normal, StudentT

from anyhub import PyTorchModelHubMixin


class Output(ABC):
    """Makes a distribution of the numbers that a network gives.

    Attributes:
        kind (`str`): The name that it has in a `config.json`.
        size (`int`): How many numbers it needs.
    """

    kind: ClassVar[str]
    size: ClassVar[int] = 2

    @abstractmethod
    def distribution(self, numbers: Tensor) -> Distribution:
        """Return the distribution for numbers of shape (…, size)."""


class NormalOutput(Output):
    """A normal distribution whose deviation is never below a floor."""

    kind = "normal"

    def __init__(self, floor: float = 1e-3) -> None:
        self.floor = floor

    def distribution(self, numbers: Tensor) -> Distribution:
        mean, deviation = numbers.unbind(-1)
        return Normal(mean, nn.functional.softplus(deviation) + self.floor)


class StudentOutput(Output):
    """Student's distribution, for data with outliers."""

    kind = "student"

    def __init__(self, freedom: float = 4.0) -> None:
        self.freedom = freedom

    def distribution(self, numbers: Tensor) -> Distribution:
        mean, scale = numbers.unbind(-1)
        return StudentT(torch.full_like(mean, self.freedom), mean, nn.functional.softplus(scale) + 1e-3)


def encode(output: Output) -> dict[str, Any]:
    """Write an output as a JSON object."""
    return {"kind": output.kind, **vars(output)}


def decode(written: dict[str, Any]) -> Output:
    """Read what `encode` wrote. A file can choose among these two classes: it is not asked which class to import."""
    arguments = dict(written)
    known: dict[str, type[NormalOutput] | type[StudentOutput]] = {"normal": NormalOutput, "student": StudentOutput}
    return known[arguments.pop("kind")](**arguments)


class Forecaster(
    nn.Module,
    PyTorchModelHubMixin,
    coders={Output: (encode, decode)},
    library_name="small-forecasts",
    pipeline_tag="time-series-forecasting",
    repo_url="https://example.org/small-forecasts",
    license="apache-2.0",
    tags=["time-series"],
):
    """Predicts the next value of a series from some of the values before it."""

    def __init__(self, output: Output, lags: tuple[int, ...] = (1, 2, 3), hidden_size: int = 16) -> None:
        super().__init__()
        self.output = output
        self.lags = lags
        self.network = nn.Sequential(nn.Linear(len(lags), hidden_size), nn.Tanh(), nn.Linear(hidden_size, output.size))

    def forward(self, history: Tensor) -> Distribution:
        """Return the distribution of the value that follows a history of shape (…, time)."""
        seen = torch.stack([history[..., -lag] for lag in self.lags], dim=-1)
        return self.output.distribution(self.network(seen))

    @torch.no_grad()
    def forecast(self, history: Tensor, steps: int) -> Tensor:
        """Return the means of the next values."""
        for _ in range(steps):
            history = torch.cat([history, self(history).mean[..., None]], dim=-1)
        return history[..., -steps:]


def series(length: int = 200) -> Tensor:
    """Return a wave with a little noise and a few outliers."""
    generator = torch.Generator().manual_seed(0)
    wave = torch.sin(torch.arange(length) * 0.4)
    wave[::37] += 1.5
    return wave + 0.05 * torch.randn(length, generator=generator)


def trained() -> Forecaster:
    """Return a forecaster that has learned from the series."""
    torch.manual_seed(0)
    forecaster = Forecaster(StudentOutput(freedom=3.0), lags=(1, 2, 4, 8))
    histories = series().unfold(0, 9, 1)
    optimizer = torch.optim.Adam(forecaster.parameters(), lr=1e-2)
    for _ in range(150):
        loss = -forecaster(histories[:, :-1]).log_prob(histories[:, -1]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return forecaster.eval()


def predictions(forecaster: Forecaster) -> Tensor:
    """Return how the series goes on, of shape (step,)."""
    return forecaster.forecast(series(), steps=8)


def main(folder: Path = Path(__file__).parents[2] / "build/forecaster") -> None:
    forecaster = trained()
    forecaster.save_pretrained(folder)
    print(json.loads((folder / "config.json").read_text()))
    print(predictions(forecaster))
    again = Forecaster.from_pretrained(folder)
    print("Says the same when loaded:", torch.allclose(predictions(again), predictions(forecaster)))


if __name__ == "__main__":
    main()
