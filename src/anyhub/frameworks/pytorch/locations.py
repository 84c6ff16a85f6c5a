"""Where weights are to be, in every form that `torch.load` takes as ``map_location``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import torch

from anyhub.errors import ValidationError

Device: TypeAlias = "str | int | torch.device"
MapLocation: TypeAlias = "Device | dict[str, str] | Callable[[Any, str], Any] | None"

CPU = "cpu"


def device_of(map_location: MapLocation, locations: Collection[str] = (CPU,)) -> torch.device:
    """Return the device that a whole checkpoint goes to.

    Args:
        map_location: None for the CPU; a device, its name, or the index of a GPU; a dict with the new location of
            each old one, those that it lacks staying as they are; or a function of a storage and its location that
            returns the storage where it is to be, or None to leave it there. The function is called once for each
            location, with an empty storage.
        locations (`Collection[str]`): Where the tensors were saved. Those of a safetensors file are at `"cpu"`.

    Raises:
        ValidationError: When it is none of these, names no device of this machine, or names several.
    """
    if map_location is None or not locations:
        return torch.device(CPU)
    devices = {_moved(map_location, location) for location in locations}
    if len(devices) > 1:
        raise ValidationError(
            f"{map_location!r} puts the tensors of one checkpoint on {', '.join(sorted(map(str, devices)))}; name one "
            "device, such as 'cpu', and move parts of the model afterwards."
        )
    return _usable(devices.pop())


def for_torch(map_location: MapLocation) -> MapLocation:
    """Return what `torch.load` is to be told, so that None is the CPU and what is no device is refused beforehand.

    Raises:
        ValidationError: When it names no device of this machine.
    """
    if isinstance(map_location, dict):
        for location in map_location.values():
            _usable(_parsed(location))
        return map_location
    return map_location if callable(map_location) else device_of(map_location)


def _moved(map_location: Any, location: str) -> torch.device:
    if isinstance(map_location, dict):
        return _parsed(map_location.get(location, location))
    if callable(map_location):
        storage = map_location(torch.UntypedStorage(0), location)  # type: ignore[no-untyped-call]
        return _parsed(location if storage is None else getattr(storage, "device", storage))
    return _parsed(map_location)


def _parsed(device: object) -> torch.device:
    try:
        if isinstance(device, (str, int, torch.device)) and not isinstance(device, bool):
            return torch.device(device)
    except RuntimeError:
        pass
    if type(device) is int and device >= 0:
        raise ValidationError(f"{device} is the number of an accelerator, and torch finds none here; use 'cpu'.")
    raise ValidationError(f"{device!r} is not a device; use 'cpu', 'cuda', 'cuda:1' or a torch.device.")


def _usable(device: torch.device) -> torch.device:
    if device.type not in (CPU, "meta"):
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError, ImportError) as error:  # torch has no error of its own for this
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise ValidationError(f"'{device}' is not a device that can be used here ({reason}); use 'cpu'.") from None
    return device
