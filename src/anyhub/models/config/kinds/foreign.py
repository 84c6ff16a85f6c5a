"""Values of numpy, torch and OmegaConf, none of which is imported for them: whoever has such values, has."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE, finite
from anyhub.models.config.kinds.kind import Kind

_NUMPY_SCALARS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128", "str"),
)


class NumpyScalars(Kind):
    """Scalars of numpy, as the numbers that they are."""

    names = {"numpy": ("numpy", "generic")}
    forms = (bool, int, float, str)

    def parameter(self, value: Any) -> str:
        return self.parameter_for(type(value), ())

    def parameter_for(self, cls: type, arguments: tuple[Any, ...]) -> str:
        name = cls.__name__.rstrip("_")
        return name if name in _NUMPY_SCALARS else ""

    def type_for(self, cls: type, parameter: str) -> type:
        known = parameter in _NUMPY_SCALARS
        return sys.modules["numpy"].dtype(parameter).type if known else cls

    def parts(self, value: Any) -> Any:
        if not self.parameter(value):
            return NOT_STORABLE
        item = value.item()
        return str(item) if isinstance(item, complex) else finite(item)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        if parameter not in _NUMPY_SCALARS:
            raise ValueError(f"{parameter!r} is no type of numpy's scalars")
        try:
            return cls(complex(parts) if parameter.startswith("complex") else parts)
        except OverflowError as error:
            raise ValueError(str(error)) from error


class TorchNames(Kind):
    """Constants of torch, by their names there."""

    names = {
        "torch.dtype": ("torch", "dtype"),
        "torch.layout": ("torch", "layout"),
        "torch.memory_format": ("torch", "memory_format"),
    }

    def parts(self, value: Any) -> Any:
        return str(value).removeprefix("torch.")

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        value = vars(sys.modules["torch"]).get(parts.removeprefix("torch."))
        if type(value) is not cls:
            raise ValueError(f"torch has no such {cls.__name__}")
        return value


class TorchDevices(Kind):
    """Devices of torch."""

    names = {"torch.device": ("torch", "device")}

    def parts(self, value: Any) -> Any:
        return str(value)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        try:
            return cls(parts)
        except RuntimeError as error:
            raise ValueError(str(error).partition("\n")[0]) from error


class TorchSizes(Kind):
    """Shapes of tensors."""

    names = {"torch.Size": ("torch", "Size")}
    forms = (list,)

    def parts(self, value: Any) -> Any:
        return list(value)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(parts)


class OmegaConfs(Kind):
    """Configurations of OmegaConf, with every interpolation resolved; none is ever made from a file."""

    names = {
        "DictConfig": ("omegaconf", "DictConfig"),
        "ListConfig": ("omegaconf", "ListConfig"),
    }
    forms = (dict, list)

    def fit(self, cls: type, form: Any) -> int:
        return 1 if type(form) is (dict if cls.__name__ == "DictConfig" else list) else 0

    def parts(self, value: Any) -> Any:
        omegaconf = sys.modules["omegaconf"]
        try:
            parts = omegaconf.OmegaConf.to_container(value, resolve=True)
        except omegaconf.errors.OmegaConfBaseException:  # an interpolation leads nowhere
            return NOT_STORABLE
        return NOT_STORABLE if parts is None or isinstance(parts, str) or _interpolates(parts) else parts

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        omegaconf = sys.modules["omegaconf"]
        if _interpolates(parts):
            raise ValueError("it holds '${', which OmegaConf would put something else in the place of")
        try:
            return omegaconf.OmegaConf.create(parts)
        except omegaconf.errors.OmegaConfBaseException as error:
            raise ValueError(str(error).partition("\n")[0]) from error


def _interpolates(parts: Any) -> bool:
    """Return whether OmegaConf would put something else in the place of a text, in a container of any kind."""
    if isinstance(parts, str):
        return "${" in parts
    if isinstance(parts, Mapping):
        return any(map(_interpolates, (*parts, *parts.values())))
    if isinstance(parts, Iterable):
        return any(map(_interpolates, parts))
    return any(map(_interpolates, vars(parts).values())) if hasattr(parts, "__dict__") else False
