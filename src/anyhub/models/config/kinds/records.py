"""Classes of users that are made of named fields: dataclasses, attrs classes, pydantic models, named tuples."""

# ruff: noqa: ARG002 - every kind has methods and constants of the same shape

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.kinds.kind import Kind


class Records(Kind):
    """Objects of which each field is a key."""

    forms = (dict,)

    def fields(self, cls: type) -> dict[str, bool]:
        """Return the names of the fields, and whether one has to be given."""
        raise NotImplementedError

    def default(self, cls: type, name: str) -> Any:
        """Return the default of a field; what is no value of any field when it has none."""
        raise NotImplementedError

    def takes_others(self, cls: type) -> bool:
        """Return whether objects may have fields that the class does not name."""
        return False

    def restores(self, value: Any, name: str) -> bool:
        return self.default(type(value), name) is getattr(value, name, NOT_STORABLE)

    def fit(self, cls: type, form: Any) -> int:
        if type(form) is not dict:
            return 0
        fields = self.fields(cls)
        if any(required and name not in form for name, required in fields.items()):
            return 0
        return 3 if form.keys() <= fields.keys() else 1

    def hint_for(self, cls: type, arguments: tuple[Any, ...], key: str | int, scope: Any) -> Any:
        return scope.hints(cls, arguments).get(key, Any)


class Dataclasses(Records):
    """Dataclasses. A field that `__init__` does not take is set after it."""

    def covers(self, cls: type) -> bool:
        return dataclasses.is_dataclass(cls)

    def fields(self, cls: type) -> dict[str, bool]:
        taken = {field.name: _is_required(field) for field in dataclasses.fields(cls) if field.init}
        untaken = {field.name: False for field in dataclasses.fields(cls) if not field.init}
        return {**taken, **untaken, **dict.fromkeys(_only_for_init(cls), False)}

    def default(self, cls: type, name: str) -> Any:
        return next((field.default for field in dataclasses.fields(cls) if field.name == name), dataclasses.MISSING)

    def parts(self, value: Any) -> Any:
        names = [field.name for field in dataclasses.fields(value)]
        fields = {name: getattr(value, name) for name in names if hasattr(value, name)}
        for name, required in _only_for_init(type(value)).items():
            if (own := getattr(value, "__dict__", {}).get(name, NOT_STORABLE)) is not NOT_STORABLE:
                fields[name] = own
            elif required:
                return NOT_STORABLE
        return fields if _takes(type(value), fields.keys() & self._given(type(value))) else NOT_STORABLE

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        given = self._given(cls)
        value = cls(**{name: part for name, part in parts.items() if name in given})
        for field in dataclasses.fields(cls):
            if not field.init and field.name in parts:
                object.__setattr__(value, field.name, parts[field.name])  # it may be frozen
        return value

    def _given(self, cls: type) -> set[str]:
        return {field.name for field in dataclasses.fields(cls) if field.init} | _only_for_init(cls).keys()


class Attrs(Records):
    """Classes made by attrs; a field is written by its name, and given by its alias."""

    def covers(self, cls: type) -> bool:
        return "attr" in sys.modules and isinstance(getattr(cls, "__attrs_attrs__", None), tuple)

    def fields(self, cls: Any) -> dict[str, bool]:
        nothing = sys.modules["attr"].NOTHING
        return {field.name: field.init and field.default is nothing for field in cls.__attrs_attrs__}

    def default(self, cls: Any, name: str) -> Any:
        return getattr(cls.__attrs_attrs__, name).default

    def parts(self, value: Any) -> Any:
        return {field.name: getattr(value, field.name) for field in value.__attrs_attrs__ if hasattr(value, field.name)}

    def make(self, cls: Any, parts: Any, parameter: str) -> Any:
        fields = [field for field in cls.__attrs_attrs__ if field.name in parts]
        value = cls(**{field.alias: parts[field.name] for field in fields if field.init})
        for field in fields:
            if not field.init:
                object.__setattr__(value, field.name, parts[field.name])
        return value


class PydanticModels(Records):
    """Models of pydantic, version 2."""

    def covers(self, cls: type) -> bool:
        return "pydantic" in sys.modules and issubclass(cls, sys.modules["pydantic"].BaseModel)

    def fields(self, cls: Any) -> dict[str, bool]:
        return {name: field.is_required() for name, field in cls.model_fields.items()}

    def default(self, cls: Any, name: str) -> Any:
        field = cls.model_fields.get(name)
        return dataclasses.MISSING if field is None else field.default

    def takes_others(self, cls: Any) -> bool:
        return bool(cls.model_config.get("extra") == "allow")

    def fit(self, cls: Any, form: Any) -> int:
        fit = super().fit(cls, form)
        return 3 if fit and self.takes_others(cls) else fit

    def parts(self, value: Any) -> Any:
        return {**vars(value), **(value.model_extra or {})}

    def make(self, cls: Any, parts: Any, parameter: str) -> Any:
        fields = cls.model_fields
        known = {name: part for name, part in parts.items() if name in fields}
        extra = parts if self.takes_others(cls) else known
        return cls(**{_name_to_give(cls, name): part for name, part in {**extra, **known}.items()})


class NamedTuples(Kind):
    """Named tuples, as arrays."""

    forms = (list,)

    def covers(self, cls: type) -> bool:
        return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)

    def fit(self, cls: Any, form: Any) -> int:
        if type(form) is not list:
            return 0
        return 2 if len(cls._fields) - len(cls._field_defaults) <= len(form) <= len(cls._fields) else 0

    def parts(self, value: Any) -> Any:
        return list(value)

    def hint_for(self, cls: Any, arguments: tuple[Any, ...], key: str | int, scope: Any) -> Any:
        names = cls._fields
        name = names[key] if isinstance(key, int) and key < len(names) else None
        return scope.hints(cls, arguments).get(name, Any)

    def make(self, cls: Any, parts: Any, parameter: str) -> Any:
        return cls(*parts)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _only_for_init(cls: type) -> dict[str, bool]:
    """Return the names of a dataclass's `InitVar`, and whether one has to be given."""
    of_init = vars(dataclasses)["_FIELD_INITVAR"]  # `dataclasses.fields` leaves them out
    every: Iterable[Any] = getattr(cls, "__dataclass_fields__", {}).values()
    return {field.name: _is_required(field) for field in every if field._field_type is of_init}


def _takes(cls: Callable[..., Any], names: Iterable[str]) -> bool:
    """Return whether a class can be called with such keywords: it may have an `__init__` of its own."""
    try:
        inspect.signature(cls).bind(**dict.fromkeys(names))
    except (TypeError, ValueError, NameError):
        return False
    return True


def _name_to_give(cls: Any, name: str) -> str:
    """Return what pydantic calls a field when it is given: its alias, unless it takes the name as well."""
    field = cls.model_fields.get(name)
    by_name = cls.model_config.get("populate_by_name") or cls.model_config.get("validate_by_name")
    alias = None if field is None or by_name else field.validation_alias
    return alias if isinstance(alias, str) else name
