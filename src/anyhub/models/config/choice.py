"""As what a JSON value is read: chosen by what a type hint allows, or by a note that was made when it was written.

Both ends choose here. What a writer notes is what a reader would otherwise choose wrongly.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, is_typeddict

from anyhub.errors import MissingDependencyError
from anyhub.models.config.kinds import registry
from anyhub.models.config.kinds.kind import Kind
from anyhub.models.config.kinds.mappings import Mappings
from anyhub.models.config.members import ANYTHING, Member, Members, members_of
from anyhub.models.config.type_hints import hints_of
from anyhub.models.config.values import Coders, coder_of, name_of

_NOTE = re.compile(r"([A-Za-z_.]+)(?:\(([^()]*)\))?(?:\[(int|str)\])?")
_NUMBER_OR_WORD = re.compile(r"-?\d{1,4000}(\.\d{1,400})?([eE][+-]?\d{1,3})?|true|false|null")
_NULL = frozenset((type(None),))
_CERTAIN: dict[type, frozenset[type]] = {
    bool: frozenset((bool,)),
    int: frozenset((int,)),
    float: frozenset((float, int)),
    str: frozenset((str,)),
}
"""The JSON values that are read as they are, by the type that is declared."""
_SCALARS = _NULL.union(*_CERTAIN.values())
_DECLARE_NOTHING = sys.stdlib_module_names | {"pydantic", "attr", "attrs", "numpy", "torch", "omegaconf"}


@dataclass(frozen=True)
class Scope:
    """What the types of one configuration are looked up in.

    Attributes:
        coders (`Mapping`): Encoders and decoders for types that JSON does not know.
        names (`Mapping`): What names in type hints mean that no module has.
    """

    coders: Coders = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    _hints: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def hints(self, cls: type, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Return the type hints of the fields of a class."""
        key = (cls, repr(arguments))
        if key not in self._hints:
            self._hints[key] = hints_of(cls, self.names, arguments)
        return self._hints[key]


@dataclass(frozen=True)
class Choice:
    """One way to read a JSON value.

    Attributes:
        cls (`type`): What comes out.
        label (`str`): What a note calls it.
        kind (`Kind`, *optional*): How it is made; None when a coder makes it.
        parameter (`str`): What the label says beside the name.
        coder (`type`, *optional*): The type whose coder makes it.
        members (`Members`): What of the hint speaks of it.
        keys (`str`): What the keys of a dict are, when the hint does not tell: `"int"` or `"str"`.
        fit (`int`): How well it fits; see `Kind.fit`. Below 0 it is taken only where nothing else is declared.
    """

    cls: type
    label: str
    kind: Kind | None = None
    parameter: str = ""
    coder: type | None = None
    members: Members = ()
    keys: str = ""
    fit: int = 0

    def members_at(self, key: str | int, scope: Scope) -> Members:
        """Return what the hint allows for one part."""
        kind = self.kind
        if kind is None:
            return ANYTHING
        if not self.label.partition(":")[2]:
            hints = [kind.hint_for(each.type, each.arguments, key, scope) for each in self.members]
        else:
            given = [each.arguments for each in self.members if each.type is self.cls] or [()]
            hints = [kind.hint_for(self.cls, arguments, key, scope) for arguments in given]
        return members_of(*hints)

    def members_of_all(self, scope: Scope) -> Members | None:
        """Return what the hint allows for every part; None when it is not the same for all of them."""
        kind = self.kind
        if kind and all(kind.parts_are_alike(each.type, each.arguments) for each in self.members):
            return self.members_at("", scope) if ":" not in self.label else None
        return ANYTHING if kind is None else None

    def members_of_keys(self) -> Members:
        """Return what the hint allows for the keys of a dict."""
        written = [each.arguments for each in self.members if not is_typeddict(each.type)]
        return members_of(*(arguments[0] if arguments else Any for arguments in written))


def choose(members: Members, form: Any, scope: Scope) -> Choice:
    """Return how to read a JSON value by the hint alone."""
    choices = [choice for member in members for choice in _by_member(member, form, scope) if choice.fit]
    if form is None or not choices:
        return _natural(members, form)
    best = max(choices, key=lambda choice: choice.fit)
    return replace(best, members=_covering(members, best.cls))


def choose_noted(members: Members, note: str, form: Any, scope: Scope) -> Choice | None:
    """Return how to read a JSON value that has a note; None when the note does not fit it, or what is declared.

    Raises:
        MissingDependencyError: When it speaks of a type whose library was not imported.
    """
    if ":" in note:
        return _declared(members, note, form, scope)
    match = _NOTE.fullmatch(note)
    found = _built_in(match[1]) if match else None
    if match is None or found is None or not found.kind.fit(found.type, form):
        return None
    name, parameter, keys = match[1], match[2] or "", match[3] or ""
    cls = found.kind.type_for(found.type, parameter)
    label = f"{name}({parameter})" if parameter else name
    return Choice(cls, label, found.kind, parameter, None, _covering(members, cls), keys)


class Keys:
    """How the keys of an object that is a dict are read.

    Attributes:
        are_texts (`bool`): Whether all of them are what they look like.
    """

    def __init__(self, choice: Choice, scope: Scope) -> None:
        self._noted = choice.keys
        self._members = choice.members_of_keys()
        self._certain = certain_types(self._members, scope) - _NULL
        self._scope = scope
        self.are_texts = self._noted == "str" or (not self._noted and str in self._certain)

    def choose(self, text: str) -> tuple[Choice, Any]:
        """Return how to read one, and the JSON value that its text stands for.

        Raises:
            ValueError: When it is noted to be a number and is none.
        """
        if self._noted:
            form: Any = text if self._noted == "str" else int(text)
            return _natural((), form), form
        forms = [text, *_values_of(text)]
        for form in forms:
            if type(form) in self._certain:
                return _natural((), form), form
        choices = [(choose(self._members, form, self._scope), form) for form in forms]
        return max(choices, key=lambda pair: pair[0].fit)


def certain_types(members: Members, scope: Scope) -> frozenset[type]:
    """Return the types of JSON values that are read as they are: the short way for most of most configurations."""
    declared = {member.type for member in members} - _NULL
    if scope.coders and any(coder_of(cls, scope.coders) for cls in declared):
        return _NULL
    if declared == {object}:
        return _SCALARS
    return _NULL.union(*(_CERTAIN[cls] for cls in declared)) if declared <= _CERTAIN.keys() else _NULL


def says_nothing(members: Members, scope: Scope) -> bool:
    """Return whether any JSON value at all is read as it is, and so is everything in it."""
    return certain_types(members, scope) is _SCALARS


def declared_class(members: Members, note: str, scope: Scope) -> type | None:
    """Return the class that a note about an object means, if hints or coders declare one of such a name."""
    choice = _declared(members, note, {}, scope) if ":" in note else None
    return choice.cls if choice and choice.kind else None


def is_unlike(choice: Choice, members: Members, form: Any, scope: Scope) -> bool:
    """Return whether a JSON value is not what the hint says, so that it is taken as it is.

    A hint that names anything but classes whose values can be stored says nothing of JSON.
    """
    if choice.fit or form is None or not all(_is_stored(member.type, scope) for member in members):
        return False
    numbers = (bool, int, float)
    return type(form) not in numbers or not any(member.type in numbers for member in members)


def _is_stored(cls: type, scope: Scope) -> bool:
    if coder_of(cls, scope.coders) or registry.kind_of(cls):
        return True
    return cls is not object and any(_is_subclass(known.type, cls) for known in registry.built_ins())


def is_mapping(choice: Choice) -> bool:
    """Return whether a choice is a dict, whose keys are values as well."""
    return isinstance(choice.kind, Mappings)


def _values_of(text: str) -> Iterator[Any]:
    import json

    if _NUMBER_OR_WORD.fullmatch(text):
        yield json.loads(text)


def _natural(members: Members, form: Any) -> Choice:
    found = registry.built_in(type(form))
    assert found is not None, "JSON has no other types"
    return Choice(found.type, found.name, found.kind, members=_covering(members, found.type))


def _built_in(name: str) -> registry.BuiltIn | None:
    found = registry.named(name)
    if found is None and registry.has_name(name):
        module = registry.module_of(name)
        raise MissingDependencyError(f"A value is noted to be of {module}; import {module} before you load it.")
    return found


def _by_member(member: Member, form: Any, scope: Scope) -> Iterator[Choice]:
    cls = member.type
    if coder := coder_of(cls, scope.coders):
        yield Choice(cls, name_of(coder), coder=coder, fit=1)
    elif known := registry.built_in(cls):
        yield _of_built_in(known, member, form, 0)
        if cls in (float, complex) and type(form) in (int, float):
            yield replace(_natural((), form), fit=1)
    elif kind := registry.kind_of_users(cls):
        fit = kind.fit(cls, form)
        nearly = not fit and type(form) in kind.forms
        yield Choice(cls, name_of(cls), kind, fit=-1 if nearly else fit)
    else:
        yield from _by_abstract(member, form)


def _by_abstract(member: Member, form: Any) -> Iterator[Choice]:
    if member.type is object:
        natural = registry.built_in(type(form))
        assert natural is not None, "JSON has no other types"
        yield _of_built_in(natural, member, form, -1)
        return
    for known in registry.built_ins():
        if _is_subclass(known.type, member.type):
            yield _of_built_in(known, member, form, 0)
    if is_typeddict(member.type) and type(form) is dict:
        yield replace(_natural((), form), fit=2)


def _of_built_in(known: registry.BuiltIn, member: Member, form: Any, offset: int) -> Choice:
    parameter = known.kind.parameter_for(known.type, member.arguments)
    fit = max(0, known.kind.fit(known.type, form) + offset)
    label = f"{known.name}({parameter})" if parameter else known.name
    return Choice(known.type, label, known.kind, parameter, fit=fit)


def _declared(members: Members, note: str, form: Any, scope: Scope) -> Choice | None:
    """Find the class that a note means among those that the hints, or the coders, declare."""
    coded = [(cls, name_of(cls)) for cls in scope.coders]
    classes = [(cls, name_of(cls)) for cls in dict.fromkeys(chain.from_iterable(map(_with_subclasses, members)))]
    for ends in (note, note[note.index(":") :]):  # the same class may be in another module: that of the main program
        for cls, name in coded:
            if name.endswith(ends):
                return Choice(cls, name, coder=cls, members=members)
        for cls, name in classes:
            kind = registry.kind_of_users(cls) if name.endswith(ends) else None
            if kind and type(form) in kind.forms:
                return Choice(cls, name, kind, members=_covering(members, cls))
    return None


def _with_subclasses(member: Member) -> Iterator[type]:
    """Return the class of a member and all that were derived from it; what everybody derives from declares nothing."""
    waiting = [member.type]
    while waiting:
        cls = waiting.pop()
        yield cls
        if cls.__module__.partition(".")[0] not in _DECLARE_NOTHING:
            waiting += cls.__subclasses__()


def _covering(members: Members, cls: type) -> Members:
    return tuple(
        member for member in members if _is_subclass(cls, member.type) or (cls is dict and is_typeddict(member.type))
    )


def _is_subclass(cls: type, base: type) -> bool:
    try:
        return issubclass(cls, base)
    except TypeError:  # a protocol that can not be asked
        return False
