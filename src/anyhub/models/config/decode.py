"""Reading JSON as the values that it was written from, by type hints and notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anyhub.errors import CorruptFileError, HubError, MissingDependencyError
from anyhub.models.config.choice import Choice, Scope, choose, choose_key, choose_noted, is_certain, is_mapping
from anyhub.models.config.members import Members
from anyhub.models.config.places import place_of


@dataclass(frozen=True)
class Decoder:
    """Reads values from JSON.

    Attributes:
        scope (`Scope`): What types are looked up in.
        types (`Mapping[str, str]`): The notes, by place.
        origin (`str`): What the file is called, for messages.
    """

    scope: Scope
    types: Mapping[str, str] = field(default_factory=dict)
    origin: str = "config.json"

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
        if not (note := self.types.get(place)) and is_certain(members, form, self.scope):
            return form
        choice = self._noted(members, note, form, place) if note else choose(members, form, self.scope)
        if choice.coder:
            return self._decoded(choice, form, place)
        return self._made(choice, self._parts(choice, form, place), place)

    def _noted(self, members: Members, note: Any, form: Any, place: str) -> Choice:
        try:
            choice = choose_noted(members, note, form, self.scope) if isinstance(note, str) else None
        except MissingDependencyError as error:
            raise MissingDependencyError(f"{place!r} in {self.origin}: {error.message}") from error
        if choice is None:
            raise CorruptFileError(
                f"{place!r} in {self.origin} is noted to be {str(note)[:80]!r}, which it is not or which nothing here "
                "declares; save the model again, or pass that argument to from_pretrained."
            )
        return choice

    def _parts(self, choice: Choice, form: Any, place: str) -> Any:
        if type(form) is dict:
            return self._object(choice, form, place)
        if type(form) is not list:
            return form
        if is_mapping(choice):
            return self._pairs(choice, form, place)
        return [self._part(choice, item, i, place) for i, item in enumerate(form)]

    def _object(self, choice: Choice, form: dict[str, Any], place: str) -> dict[Any, Any]:
        parts = {key: self._part(choice, item, key, place) for key, item in form.items()}
        return {self._key(choice, key, place): part for key, part in parts.items()} if is_mapping(choice) else parts

    def _pairs(self, choice: Choice, form: list[Any], place: str) -> dict[Any, Any]:
        parts = {}
        for i, (key, item) in enumerate(form):
            at = place_of(place, i)
            name = self.read(key, choice.members_of_keys(), place_of(at, 0))
            parts[self._hashable(name, at)] = self.read(item, choice.members_at("", self.scope), place_of(at, 1))
        return parts

    def _part(self, choice: Choice, form: Any, key: str | int, place: str) -> Any:
        return self.read(form, choice.members_at(key, self.scope), place_of(place, key))

    def _key(self, choice: Choice, text: str, place: str) -> Any:
        at = place_of(place, text)
        try:
            chosen, form = choose_key(choice, text, self.scope)
        except ValueError as error:
            raise CorruptFileError(f"The key {text[:80]!r} of {place!r} in {self.origin} is no number.") from error
        key = self._decoded(chosen, form, at) if chosen.coder else self._made(chosen, form, at)
        return self._hashable(key, at)

    def _hashable(self, key: Any, place: str) -> Any:
        try:
            hash(key)
        except TypeError as error:
            raise CorruptFileError(f"{place!r} in {self.origin} can not be the key of a dict.") from error
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
                f"{choice.cls.__name__}; {_sentence(error)}."
            ) from error


def _sentence(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0][:200].rstrip(".")
    return first or type(error).__name__
