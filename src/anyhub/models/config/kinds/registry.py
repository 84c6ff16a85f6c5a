"""All kinds of values: which one a type is of, and which type a name means."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from anyhub.models.config.kinds.arrays import Arrays, Sets, Steps
from anyhub.models.config.kinds.enums import Enums
from anyhub.models.config.kinds.foreign import NumpyScalars, OmegaConfs, TorchDevices, TorchNames, TorchSizes
from anyhub.models.config.kinds.kind import Kind
from anyhub.models.config.kinds.mappings import DefaultDicts, Mappings, Namespaces
from anyhub.models.config.kinds.records import Attrs, Dataclasses, NamedTuples, PydanticModels
from anyhub.models.config.kinds.scalars import Numbers, Scalars
from anyhub.models.config.kinds.texts import Bytes, Paths, Uuids
from anyhub.models.config.kinds.times import Spans, Times

_NUMPY_SCALARS = NumpyScalars()

# In the order in which a type hint for any of several, such as `Sequence` or `os.PathLike`, is understood.
_BUILT_IN: tuple[Kind, ...] = (
    Scalars(),
    Arrays(),
    Mappings(),
    DefaultDicts(),
    Sets(),
    Paths(),
    Bytes(),
    Numbers(),
    Times(),
    Spans(),
    Uuids(),
    Steps(),
    Namespaces(),
    TorchNames(),
    TorchDevices(),
    TorchSizes(),
    OmegaConfs(),
    _NUMPY_SCALARS,
)
_OF_USERS: tuple[Kind, ...] = (Enums(), PydanticModels(), Dataclasses(), Attrs(), NamedTuples())
_BY_NAME = {name: kind for kind in _BUILT_IN for name in kind.names}


@dataclass(frozen=True)
class BuiltIn:
    """A type that a note can name.

    Attributes:
        name (`str`): Its name there.
        kind (`Kind`): How its values are written.
        type (`type`): The type itself.
    """

    name: str
    kind: Kind
    type: type


# Both grow as modules are imported; what is missing is looked for again each time.
_by_type: dict[type, BuiltIn] = {}
_imported: dict[str, BuiltIn] = {}


def built_in(cls: type) -> BuiltIn | None:
    """Return what notes call a type; None for those of users."""
    if found := _by_type.get(cls):
        return found
    _look_for_more()
    if found := _by_type.get(cls):
        return found
    generic = _NUMPY_SCALARS.type_named("numpy")
    if generic is not None and issubclass(cls, generic) and cls.__module__ == "numpy":
        return BuiltIn("numpy", _NUMPY_SCALARS, cls)
    return None


def built_ins() -> list[BuiltIn]:
    """Return all types that a note can name, as far as their modules have been imported."""
    _look_for_more()
    return [_imported[name] for name in _BY_NAME if name in _imported]


def _look_for_more() -> None:
    for name in _BY_NAME.keys() - _imported.keys() - _NUMPY_SCALARS.names.keys():
        kind = _BY_NAME[name]
        if (cls := kind.type_named(name)) is not None:
            _imported[name] = _by_type[cls] = BuiltIn(name, kind, cls)


def has_name(name: str) -> bool:
    """Return whether a note can have such a name."""
    return name in _BY_NAME


def named(name: str) -> BuiltIn | None:
    """Return the type that a note names; None when it is no such name, or its module can not be had.

    Of the modules, which are those listed here and no others, torch is the one that is not imported for it.
    """
    kind = _BY_NAME.get(name)
    if kind and (module := kind.names[name][0]) != "torch":
        with suppress(ImportError):
            import_module(module)
    cls = kind.type_named(name) if kind else None
    return BuiltIn(name, kind, cls) if kind and cls else None


def module_of(name: str) -> str:
    """Return the module that has the type of a name."""
    return _BY_NAME[name].names[name][0]


def kind_of_users(cls: type) -> Kind | None:
    """Return the kind of a class that a user defined, by which its objects can be kept; None when there is none."""
    return next((kind for kind in _OF_USERS if kind.covers(cls)), None)


def kind_of(cls: type) -> Any:
    """Return the kind of a type, if it has one."""
    found = built_in(cls)
    return found.kind if found else kind_of_users(cls)
