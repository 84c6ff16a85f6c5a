"""Modules that hold, or are held by, wrappers of torch: all that a model has is saved, under its own names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402
from torch import nn  # noqa: E402

from anyhub.models.pytorch import PyTorchModelHubMixin  # noqa: E402

REPO = "username/wrapped"

# torch.compile imports parts of torch that use what torch itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


class Inner(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.module = nn.Linear(size, size)
        self.beside = nn.Linear(size, size)


class Nested(nn.Module, PyTorchModelHubMixin):
    """Has attributes called ``module`` at two levels."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.module = Inner(size)
        self.head = nn.Linear(size, size)


class Parallel(nn.Module, PyTorchModelHubMixin):
    """Has a wrapper of torch for a part, and something that is no module under the name ``module``."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.body = nn.DataParallel(nn.Linear(size, size))
        self.module = "a text"
        self.head = nn.Linear(size, size)


class CompiledInside(nn.Module, PyTorchModelHubMixin):
    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.body = torch.compile(nn.Linear(size, size))
        self.head = nn.Linear(size, size)


def same(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("make", [Nested, Parallel, CompiledInside])
def test_a_model_that_holds_something_called_module_or_a_wrapper_comes_back_whole(
    tmp_path: Path, make: Callable[[int], PyTorchModelHubMixin]
) -> None:
    model = make(3)
    model.save_pretrained(tmp_path)
    assert load_file(tmp_path / "model.safetensors").keys() == model.state_dict().keys()
    assert same(type(model).from_pretrained(tmp_path, strict=True), model)


def test_a_compiled_model_is_saved_and_pushed_under_the_names_of_the_plain_one(tmp_path: Path) -> None:
    model = Nested(3)
    compiled = torch.compile(model)
    assert all(name.startswith("_orig_mod.") for name in compiled.state_dict())
    compiled.save_pretrained(tmp_path)
    compiled.push_to_hub(REPO)
    assert load_file(tmp_path / "model.safetensors").keys() == model.state_dict().keys()
    for place in (tmp_path, REPO):
        assert same(Nested.from_pretrained(place, strict=True), model)


def test_a_model_that_was_compiled_in_place_is_saved_as_before(tmp_path: Path) -> None:
    model = Nested(3)
    model.compile()
    model.save_pretrained(tmp_path)
    assert same(Nested.from_pretrained(tmp_path, strict=True), model)
