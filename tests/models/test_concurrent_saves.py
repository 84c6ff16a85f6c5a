"""A folder that is saved to while a model is loaded from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from anyhub import PyTorchModelHubMixin
from anyhub.frameworks.pytorch import loading
from anyhub.frameworks.pytorch.checkpoints import map_safetensors


class Net(nn.Module, PyTorchModelHubMixin):
    def __init__(self, n: int = 0) -> None:
        super().__init__()
        self.n = n
        self.weight = nn.Parameter(torch.full((64, 4), float(n)))
        self.other = nn.Parameter(torch.full((64, 4), float(n)))


@pytest.mark.parametrize("size", [None, 1200])
def test_a_model_is_of_one_save_whoever_saves_meanwhile(
    size: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Net(1).save_pretrained(tmp_path / "model", max_shard_size=size)
    saves = iter([2, 3])

    def save_and_map(weights: Path) -> Any:
        if (n := next(saves, None)) is not None:  # the configuration has been read by now
            Net(n).save_pretrained(tmp_path / "model", max_shard_size=size)
        return map_safetensors(weights)

    monkeypatch.setattr(loading, "map_safetensors", save_and_map)
    model = Net.from_pretrained(tmp_path / "model")
    assert model.n == 3
    assert [*model.weight.unique().tolist(), *model.other.unique().tolist()] == [3, 3]


def test_a_folder_that_is_saved_to_all_the_time_is_loaded_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Net(1).save_pretrained(tmp_path / "model")
    calls: list[Path] = []

    def save_and_map(weights: Path) -> Any:
        calls.append(weights)
        Net(1 + len(calls)).save_pretrained(tmp_path / "model")
        return map_safetensors(weights)

    monkeypatch.setattr(loading, "map_safetensors", save_and_map)
    Net.from_pretrained(tmp_path / "model")
    assert len(calls) == 5
