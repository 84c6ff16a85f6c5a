"""How a class is constructed that is being loaded: what it is asked for, and what it is refused, before any weights."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from anyhub.errors import MissingArgumentError, UnexpectedArgumentError
from anyhub.models.construction import Construction
from anyhub.models.pytorch import PyTorchModelHubMixin


class Net(nn.Module, PyTorchModelHubMixin):
    def __init__(self, hidden: int = 2) -> None:
        super().__init__()
        self.layer = nn.Linear(2, hidden)


class Open(nn.Module, PyTorchModelHubMixin):
    def __init__(self, **others: Any) -> None:
        super().__init__()
        self.others, self.layer = others, nn.Linear(2, 2)


class Stack(nn.Module, PyTorchModelHubMixin):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("dtyp", "dtype"),
        ("torch_dtype", "dtype"),
        ("device_map", "device"),
        ("force_dowload", "force_download"),
        ("hiden", "hidden"),
        ("varient", "variant"),
    ],
)
def test_a_misspelt_option_is_refused_with_what_was_meant_before_the_weights_are_looked_for(
    tmp_path: Path, given: str, meant: str
) -> None:
    Net(3).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(UnexpectedArgumentError) as refused:
        Net.from_pretrained(tmp_path, **{given: "x"})
    assert str(refused.value) == (
        f"Net takes no {given!r}, and from_pretrained has no such option; leave it out, or correct the name. "
        f"Did you mean {meant!r}?"
    )
    assert isinstance(refused.value, TypeError)
    assert list(refused.value.names) == [given]


def test_any_name_is_given_to_a_class_that_takes_any(tmp_path: Path) -> None:
    Open().save_pretrained(tmp_path)
    assert Open.from_pretrained(tmp_path, torch_dtype="float16").others == {"torch_dtype": "float16"}


def test_positional_arguments_that_could_not_be_stored_are_asked_for_and_taken_by_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = Stack(nn.Linear(2, 2))
    with caplog.at_level(logging.WARNING):
        model.save_pretrained(tmp_path)
    assert "'*layers'" in caplog.text
    with pytest.raises(
        MissingArgumentError, match=r"Stack needs '\*layers', which .*; pass layers=… to from_pretrained"
    ):
        Stack.from_pretrained(tmp_path)
    for name in ("layers", "*layers"):
        again = Stack.from_pretrained(tmp_path, **{name: [nn.Linear(2, 2)]})
        assert torch.equal(again.layers[0].weight, model.layers[0].weight)


def test_a_class_is_constructed_as_often_as_the_loader_asks() -> None:
    making = Construction(Net, {"hidden": 5})
    making.check("me/net")
    assert making.build() is not making.build()
    assert making.built.layer.out_features == 5
