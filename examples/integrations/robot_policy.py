"""A policy that moves a point to a goal, learned from demonstrations: the mixin with a dataclass as configuration.

The shape is that of the policies of LeRobot (https://github.com/huggingface/lerobot) in 2024: `__init__` takes one
`config`, a dataclass, and statistics of the training data, which become buffers and so lie with the weights. JSON has
no form for them, and the log says so.
"""

import json
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from anyhub import PyTorchModelHubMixin


class Normalization(StrEnum):
    """How values of the data are brought to the range that a network likes."""

    MEAN_STD = "mean_std"
    MIN_MAX = "min_max"


@dataclass
class PolicyConfig:
    """What a policy is made of.

    Attributes:
        state_size (`int`): Numbers that describe the robot and its goal, in metres.
        action_size (`int`): Numbers that say where to go, in metres per step.
        chunk_size (`int`): Actions that are planned at once.
        hidden_sizes (`tuple[int, ...]`): Width of each layer of the network.
        normalization (`Normalization`): How states and actions are normalised.
    """

    state_size: int = 4
    action_size: int = 2
    chunk_size: int = 2
    hidden_sizes: tuple[int, ...] = (64, 64)
    normalization: Normalization = Normalization.MEAN_STD


class Normalizer(nn.Module):
    """Normalises values by statistics that are kept as buffers."""

    offset: Tensor
    scale: Tensor

    def __init__(self, size: int, mode: Normalization, stats: dict[str, Tensor] | None) -> None:
        super().__init__()
        names = {Normalization.MEAN_STD: ("mean", "std"), Normalization.MIN_MAX: ("min", "range")}[mode]
        offset, scale = (stats[name] for name in names) if stats else (torch.zeros(size), torch.ones(size))
        self.register_buffer("offset", offset)
        self.register_buffer("scale", scale)

    def forward(self, values: Tensor) -> Tensor:
        return (values - self.offset) / self.scale

    def inverse(self, values: Tensor) -> Tensor:
        return values * self.scale + self.offset


class PointPolicy(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="point-robots",
    repo_url="https://example.org/point-robots",
    license="apache-2.0",
    tags=["robotics", "imitation-learning"],
):
    """Plans a chunk of actions from one state, and gives them out one by one."""

    def __init__(
        self, config: PolicyConfig | None = None, dataset_stats: dict[str, dict[str, Tensor]] | None = None
    ) -> None:
        super().__init__()
        self.config = config = config or PolicyConfig()
        stats = dataset_stats or {}
        self.states = Normalizer(config.state_size, config.normalization, stats.get("state"))
        self.actions = Normalizer(config.action_size, config.normalization, stats.get("action"))
        sizes = (config.state_size, *config.hidden_sizes)
        layers = [layer for size in pairwise(sizes) for layer in (nn.Linear(*size), nn.ReLU())]
        self.network = nn.Sequential(*layers, nn.Linear(sizes[-1], config.chunk_size * config.action_size))
        self.reset()

    def reset(self) -> None:
        """Forget what was planned; to be called whenever the robot is put elsewhere."""
        self._planned: deque[Tensor] = deque()

    def forward(self, states: Tensor) -> Tensor:
        """Return normalised actions of shape (batch, chunk, action) for states of shape (batch, state)."""
        actions: Tensor = self.network(self.states(states))
        return actions.unflatten(-1, (self.config.chunk_size, self.config.action_size))

    @torch.no_grad()
    def select_action(self, state: Tensor) -> Tensor:
        """Return the next action, in metres per step."""
        if not self._planned:
            self._planned.extend(self.actions.inverse(self(state[None])[0]))
        return self._planned.popleft()


def demonstrations(count: int = 512) -> tuple[Tensor, Tensor]:
    """Return states, each a place and a goal, and two actions for each, which go a quarter of the way each time."""
    generator = torch.Generator().manual_seed(0)
    states = torch.rand(count, 4, generator=generator) * 100
    way = states[:, 2:] - states[:, :2]
    return states, torch.stack([way / 4, way * 3 / 16], dim=1)


def statistics(values: Tensor) -> dict[str, Tensor]:
    """Return what a `Normalizer` needs to know of values of shape (count, size)."""
    low, high = values.amin(0), values.amax(0)
    return {"mean": values.mean(0), "std": values.std(0), "min": low, "range": high - low}


def trained() -> PointPolicy:
    """Return a policy that has learned from the demonstrations."""
    states, actions = demonstrations()
    stats = {"state": statistics(states), "action": statistics(actions.flatten(0, 1))}
    torch.manual_seed(0)
    policy = PointPolicy(PolicyConfig(hidden_sizes=(32, 32), normalization=Normalization.MIN_MAX), stats)
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
    for _ in range(100):
        loss = nn.functional.mse_loss(policy(states), policy.actions(actions))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return policy.eval()


def predictions(policy: PointPolicy) -> Tensor:
    """Return the places that a policy comes by from one corner to another, of shape (step, 2)."""
    policy.reset()
    state = torch.tensor([10.0, 10.0, 90.0, 50.0])
    places = []
    for _ in range(8):
        state[:2] += policy.select_action(state)
        places.append(state[:2].clone())
    return torch.stack(places)


def main(folder: Path = Path(__file__).parents[2] / "build/robot_policy") -> None:
    policy = trained()
    policy.save_pretrained(folder)
    print(json.loads((folder / "config.json").read_text()))
    print(predictions(policy))
    again = PointPolicy.from_pretrained(folder)
    print("Goes the same way when loaded:", torch.allclose(predictions(again), predictions(policy)))


if __name__ == "__main__":
    main()
