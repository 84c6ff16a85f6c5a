from __future__ import annotations

from typing import Any

import pytest
import torch

from anyhub.errors import ValidationError
from anyhub.frameworks.pytorch.locations import device_of, for_torch


@pytest.mark.parametrize(
    ("map_location", "device"),
    [
        (None, "cpu"),
        ("cpu", "cpu"),
        ("meta", "meta"),
        (torch.device("meta"), "meta"),
        ({"cpu": "meta"}, "meta"),
        ({"cpu": torch.device("meta")}, "meta"),
        ({"cuda:0": "meta"}, "cpu"),
        ({}, "cpu"),
        (lambda storage, location: storage, "cpu"),
        (lambda storage, location: None, "cpu"),
        (lambda storage, location: torch.UntypedStorage(0, device="meta"), "meta"),
        (lambda storage, location: "meta", "meta"),
    ],
)
def test_every_form_of_a_location_names_a_device(map_location: Any, device: str) -> None:
    assert device_of(map_location) == torch.device(device)


def test_each_location_is_asked_about_once() -> None:
    asked: list[str] = []
    device_of(lambda storage, location: asked.append(location) or storage, ("cuda:0", "cuda:1"))
    assert sorted(asked) == ["cuda:0", "cuda:1"]


def test_what_goes_to_two_devices_is_refused_with_both() -> None:
    with pytest.raises(ValidationError, match="puts the tensors of one checkpoint on cpu, meta; name one device"):
        device_of({"cuda:0": "cpu", "cuda:1": "meta"}, ("cuda:0", "cuda:1"))


@pytest.mark.parametrize(
    "map_location", ["gpu", "", {"cpu": "gpu"}, {"cpu": None}, True, 1.5, [], b"cpu", lambda *_: 1.5]
)
def test_what_is_no_location_is_refused(map_location: Any) -> None:
    with pytest.raises(ValidationError, match="is not a device; use 'cpu'"):
        device_of(map_location)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="has a GPU")
@pytest.mark.parametrize("map_location", ["cuda", "cuda:1", torch.device("cuda"), {"cpu": "cuda"}, "mps"])
@pytest.mark.parametrize("check", [device_of, for_torch])
def test_a_device_that_this_machine_lacks_is_refused_by_name(check: Any, map_location: Any) -> None:
    with pytest.raises(
        ValidationError, match=r"'(cuda|mps)(:1)?' is not a device that can be used here \(.+\); use 'cpu'"
    ):
        check(map_location)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="has a GPU")
def test_the_index_of_a_gpu_that_is_not_there_is_told_so() -> None:
    with pytest.raises(
        ValidationError, match="0 is the number of an accelerator, and torch finds none here; use 'cpu'"
    ):
        device_of(0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("map_location", [0, "cuda:0", {"cpu": "cuda:0"}, lambda storage, location: storage.cuda(0)])
def test_every_form_of_a_location_names_a_gpu(map_location: Any) -> None:
    assert device_of(map_location) == torch.device("cuda", 0)


def test_torch_is_told_the_same() -> None:
    def move(storage: Any, location: str) -> Any:
        return storage

    assert for_torch(None) == torch.device("cpu")
    assert for_torch("meta") == torch.device("meta")
    assert for_torch({"cuda": "cpu"}) == {"cuda": "cpu"}
    assert for_torch(move) is move
