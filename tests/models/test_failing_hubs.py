"""Loading from a hub that fails for some files, or changes while a model is loaded."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from anyhub.errors import CorruptFileError, StorageError  # noqa: E402
from anyhub.hub.local import LocalHub  # noqa: E402
from anyhub.models.pytorch import PyTorchModelHubMixin  # noqa: E402

REPO = "username/net"


class Net(nn.Module, PyTorchModelHubMixin):
    """Could be constructed without its configuration, and would then compute something else."""

    def __init__(self, size: int = 2, act: str = "relu", config: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.given = (size, act, config)
        self.layer = nn.Linear(2, 2)
        self.sizes = nn.ParameterList(torch.full((4,), float(size)) for _ in range(3))


class Failing(LocalHub):
    """Answers for all files but one."""

    lacking: str
    error: BaseException

    def local_path(self, *args: Any) -> None:
        return None

    def open(self, repo: Any, entry: Any) -> Any:
        if entry.path == self.lacking:
            raise self.error
        return super().open(repo, entry)


@pytest.mark.parametrize("lacking", ["config.json", "anyhub.json"])
@pytest.mark.parametrize(
    "error",
    [StorageError("The disk makes noises."), OSError(5, "noises"), TimeoutError("noises"), RuntimeError("noises")],
)
def test_a_configuration_that_alone_can_not_be_fetched_is_never_replaced_by_defaults(
    tmp_path: Path, lacking: str, error: BaseException
) -> None:
    Net(3, "gelu", {"shape": (1, 2)}).push_to_hub(REPO, endpoint=tmp_path)
    hub = Failing(tmp_path)
    hub.lacking, hub.error = lacking, error
    with pytest.raises(type(error), match="noises"):
        Net.from_pretrained(REPO, endpoint=hub)
    assert Net.from_pretrained(REPO, endpoint=tmp_path).given == (3, "gelu", {"shape": (1, 2)})


def test_a_configuration_that_comes_in_part_is_never_replaced_by_defaults(tmp_path: Path) -> None:
    class Cutting(LocalHub):
        def local_path(self, *args: Any) -> None:
            return None

        def open(self, repo: Any, entry: Any) -> Any:
            stream = super().open(repo, entry)
            if entry.path == "config.json":
                stream.read(5)
            return stream

    Net(3, "gelu").push_to_hub(REPO, endpoint=tmp_path)
    with pytest.raises(CorruptFileError, match=r"config\.json"):
        Net.from_pretrained(REPO, endpoint=Cutting(tmp_path))


def test_what_is_loaded_while_others_push_is_one_of_the_models_that_they_pushed() -> None:
    Net(0).push_to_hub(REPO)
    loaded = threading.Event()

    def push() -> None:
        size = 0
        while not loaded.is_set() and size < 200:
            size += 1
            Net(size).push_to_hub(REPO, max_shard_size=20 if size % 2 else None)

    others = threading.Thread(target=push)
    others.start()
    try:
        for _ in range(15):
            model = Net.from_pretrained(REPO, strict=True)
            assert {value.item() for each in model.sizes for value in each} == {float(model.given[0])}
    finally:
        loaded.set()
        others.join()
