"""Classes that change weights on the way from a file, by the methods that other libraries override."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from anyhub import PyTorchModelHubMixin
from anyhub.errors import UnsupportedError


class Renaming(nn.Module, PyTorchModelHubMixin):
    def __init__(self, n: int = 2) -> None:
        super().__init__()
        self.layer = nn.Linear(n, n)

    @classmethod
    def _load_as_safetensor(cls, model: Any, model_file: str, map_location: str, strict: bool) -> Any:
        state = {name.removeprefix("_orig_mod."): tensor for name, tensor in load_file(model_file).items()}
        model.load_state_dict(state, strict=strict)
        return model.to(map_location).eval()


class Direct(nn.Module, PyTorchModelHubMixin):
    def __init__(self, n: int = 2) -> None:
        super().__init__()
        self.layer = nn.Linear(n, n)

    @classmethod
    def _from_pretrained(cls, *, model_id: str, strict: bool = False, **kwargs: Any) -> Any:
        model = cls(**{name: value for name, value in kwargs.items() if name == "n"})
        for name, load in (
            ("model.safetensors", cls._load_as_safetensor),
            ("pytorch_model.bin", cls._load_as_pickle),
        ):
            if (file := Path(model_id, name)).exists():
                return load(model, str(file), "cpu", strict)
        raise AssertionError


def compiled_state(n: int = 2) -> dict[str, torch.Tensor]:
    return {"_orig_mod.layer.weight": torch.full((n, n), 3.0), "_orig_mod.layer.bias": torch.zeros(n)}


def test_a_class_that_renames_weights_as_they_come_is_asked(tmp_path: Path) -> None:
    save_file(compiled_state(), tmp_path / "model.safetensors")
    model = Renaming.from_pretrained(tmp_path, strict=True, dtype="float16")
    assert model.layer.weight.unique().tolist() == [3]
    assert model.layer.weight.dtype == torch.float16
    assert not model.training


def test_such_a_class_is_not_given_several_files(tmp_path: Path) -> None:
    Renaming(8).save_pretrained(tmp_path, max_shard_size=100)
    with pytest.raises(UnsupportedError, match=r"Renaming has a _load_as_safetensor of its own.* max_shard_size"):
        Renaming.from_pretrained(tmp_path)


@pytest.mark.parametrize("pickled", [False, True])
def test_a_hook_of_ones_own_may_leave_the_loading_to_the_mixin(pickled: bool, tmp_path: Path) -> None:
    saved = Direct(3)
    if pickled:
        torch.save(saved.state_dict(), tmp_path / "pytorch_model.bin")
        (tmp_path / "config.json").write_text('{"n": 3}')
    else:
        saved.save_pretrained(tmp_path)
    loaded = Direct.from_pretrained(tmp_path, strict=True)
    assert torch.equal(loaded.layer.weight, saved.layer.weight)
    assert not loaded.training


def test_a_folder_that_tells_nothing_of_the_arguments_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_file(nn.Linear(2, 2).state_dict(), tmp_path / "model.safetensors")

    class Plain(nn.Linear, PyTorchModelHubMixin):
        def __init__(self, n: int = 2) -> None:
            super().__init__(n, n)

    with caplog.at_level(logging.WARNING):
        Plain.from_pretrained(tmp_path, n=2)
        assert not caplog.text
        Plain.from_pretrained(tmp_path)
    assert (
        "has no config.json, so Plain is constructed with its own defaults; pass n=… to from_pretrained" in caplog.text
    )


def test_a_configuration_that_a_class_states_for_all_is_stored(tmp_path: Path) -> None:
    class Stated(nn.Linear, PyTorchModelHubMixin):
        _hub_mixin_config = {"k": 1}  # noqa: RUF012 - as others write it

        def __init__(self, n: int = 3) -> None:
            super().__init__(n, n)

    Stated(5).save_pretrained(tmp_path)
    assert (tmp_path / "config.json").read_text() == '{\n  "k": 1\n}'
