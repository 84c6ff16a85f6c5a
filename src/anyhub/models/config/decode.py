"""Reading JSON as the values that it was written from, by type hints and notes."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from anyhub.errors import CorruptFileError, HubError, MissingDependencyError
from anyhub.models.config.choice import (
    Choice,
    Keys,
    Scope,
    certain_types,
    choose,
    choose_noted,
    is_mapping,
    is_unlike,
    says_nothing,
)
from anyhub.models.config.members import Members
from anyhub.models.config.places import place_of
from anyhub.models.config.text import MAX_VALUES
from anyhub.models.config.values import plain


@dataclass
class Decoder:
    """Reads values from JSON.

    Attributes:
        scope (`Scope`): What types are looked up in.
        types (`Mapping[str, str]`): The notes, by place.
        origin (`str`): What the file is called, for messages.
        unfit (`dict[str, str]`): Notes that do not fit their values, by place; they are not heeded.
        unlike (`dict[str, str]`): What is not as its type hint says and is taken as it is: names of types, by place.
    """

    scope: Scope
    types: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "config.json"
    unfit: dict[str, str] = field(default_factory=dict)
    unlike: dict[str, str] = field(default_factory=dict)
    _read_again: int = 0

    def read(self, form: Any, members: Members, place: str) -> Any:
        """Return the value that a JSON value stands for.

        Args:
            form: What was read from JSON.
            members (`Members`): What the type hint of the value allows.
            place (`str`): Where the value is.

        Raises:
            CorruptFileError: When there is no such value; names the place.
            MissingDependencyError: When it is of a library that has to be imported first.
        """
        if place in self.types:
            choice = self._noted(members, self.types[place], form, place)
            return self._by_note(choice, form, members, place) if choice else self._by_hint(form, members, place)
        if type(form) in certain_types(members, self.scope):
            return form
        if says_nothing(members, self.scope) and not self._has_notes_in(place):
            return plain(form)
        return self._by_hint(form, members, place)

    def _by_hint(self, form: Any, members: Members, place: str) -> Any:
        choice = choose(members, form, self.scope)
        if is_unlike(choice, members, form, self.scope):
            self.unlike[place] = " or ".join(dict.fromkeys(member.type.__name__ for member in members))
        return self._value(choice, form, place)

    def _by_note(self, choice: Choice, form: Any, members: Members, place: str) -> Any:
        try:
            return self._value(choice, form, place)
        except CorruptFileError as error:
            if error.details.get("place") != place:  # it is about a part
                raise
        self._note_is_unfit(place)
        # Notes within notes that do not fit could make a small file cost without end.
        self._read_again += _count(form)
        if self._read_again > MAX_VALUES:
            raise CorruptFileError(
                f"{self.origin} has more than {MAX_VALUES:,} values below notes that do not fit; save the model again."
            )
        return replace(self, types={}).read(form, members, place)

    def _noted(self, members: Members, note: Any, form: Any, place: str) -> Choice | None:
        try:
            choice = choose_noted(members, note, form, self.scope) if isinstance(note, str) else None
        except MissingDependencyError as error:
            raise MissingDependencyError(f"{place!r} in {self.origin}: {error.message}") from error
        if choice is None:
            self._note_is_unfit(place)
        return choice

    def _note_is_unfit(self, place: str) -> None:
        self.unfit[place] = str(self.types[place])[:80]

    def _value(self, choice: Choice, form: Any, place: str) -> Any:
        if choice.coder:
            return self._decoded(choice, form, place)
        return self._made(choice, self._parts(choice, form, place), place)

    def _parts(self, choice: Choice, form: Any, place: str) -> Any:
        if type(form) is dict:
            return self._object(choice, form, place)
        if type(form) is not list:
            return form
        if is_mapping(choice):
            return self._pairs(choice, form, place)
        return list(self._each(choice, enumerate(form), place))

    def _each(self, choice: Choice, items: Iterable[tuple[str | int, Any]], place: str) -> Iterator[Any]:
        of_all = choice.members_of_all(self.scope)
        certain = certain_types(of_all, self.scope) if of_all and not self._has_notes_in(place) else ()
        for key, form in items:
            if type(form) in certain:
                yield form
            else:
                members = of_all or choice.members_at(key, self.scope)
                yield self.read(form, members, place_of(place, key))

    def _has_notes_in(self, place: str) -> bool:
        starts = (f"{place}.", f"{place}[")
        return any(noted.startswith(start) for start in starts for noted in self._first_after(start))

    def _first_after(self, text: str) -> list[str]:
        at = bisect(self._places, text)
        return self._places[at : at + 1]

    @cached_property
    def _places(self) -> list[str]:
        return sorted(self.types)

    def _object(self, choice: Choice, form: dict[str, Any], place: str) -> dict[Any, Any]:
        parts = dict(zip(form, self._each(choice, form.items(), place), strict=True))
        if not is_mapping(choice) or (keys := Keys(choice, self.scope)).are_texts:
            return parts
        return {self._key(keys, key, place): part for key, part in parts.items()}

    def _pairs(self, choice: Choice, form: list[Any], place: str) -> dict[Any, Any]:
        parts = {}
        for i, (key, item) in enumerate(form):
            at = place_of(place, i)
            name = self.read(key, choice.members_of_keys(), place_of(at, 0))
            parts[self._hashable(name, place)] = self.read(item, choice.members_at("", self.scope), place_of(at, 1))
        return parts

    def _key(self, keys: Keys, text: str, place: str) -> Any:
        at = place_of(place, text)
        try:
            chosen, form = keys.choose(text)
        except ValueError as error:
            raise CorruptFileError(
                f"The key {text[:80]!r} of {place!r} in {self.origin} is no number.", place=place
            ) from error
        key = self._decoded(chosen, form, at) if chosen.coder else self._made(chosen, form, at)
        return self._hashable(key, place)

    def _hashable(self, key: Any, place: str) -> Any:
        try:
            hash(key)
        except TypeError as error:
            raise CorruptFileError(
                f"A key of {place!r} in {self.origin} can not be the key of a dict.", place=place
            ) from error
        return key

    def _decoded(self, choice: Choice, form: Any, place: str) -> Any:
        assert choice.coder is not None
        return self._made_by(self.scope.coders[choice.coder][1], choice, form, place, form)

    def _made(self, choice: Choice, parts: Any, place: str) -> Any:
        kind = choice.kind
        assert kind is not None

        def make(of: Any) -> Any:
            return kind.make(choice.cls, of, choice.parameter)

        return self._made_by(make, choice, parts, place, parts)

    def _made_by(self, make: Any, choice: Choice, given: Any, place: str, shown: Any) -> Any:
        try:
            return make(given)
        except HubError:
            raise
        except Exception as error:  # whatever the code of the class's author raises is about this value
            told = repr(shown)
            raise CorruptFileError(
                f"{place!r} is {told if len(told) < 80 else told[:77] + '…'} in {self.origin}, which is no "
                f"{choice.cls.__name__}; {_sentence(error)}.",
                place=place,
            ) from error


def _sentence(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0][:200].rstrip(".")
    return first or type(error).__name__


def _count(form: Any) -> int:
    """Return how many values a JSON value has, itself among them."""
    inside = form.values() if type(form) is dict else form if type(form) is list else ()
    return 1 + sum(map(_count, inside))
