"""Writing a snapshot as JSON, with notes of what the type hints do not tell a reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

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
from anyhub.models.config.kinds import registry
from anyhub.models.config.members import Members
from anyhub.models.config.places import place_of
from anyhub.models.config.values import Pairs, Typed, is_plain, plain


@dataclass
class Encoder:
    """Writes snapshots as JSON.

    Attributes:
        scope (`Scope`): What types are looked up in.
        types (`dict[str, str]`): The notes, by place.
        untold (`list[str]`): The places of values that come back as plain JSON, because nothing declares their class.
    """

    scope: Scope
    types: dict[str, str] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)

    def write(self, part: Any, members: Members, place: str) -> Any:
        """Return the JSON of a snapshot.

        Args:
            part: What `snapshot` returned.
            members (`Members`): What the type hint of the value allows.
            place (`str`): Where the value is.
        """
        if type(part) in certain_types(members, self.scope):
            return part
        if says_nothing(members, self.scope) and is_plain(part):
            return plain(part)
        form = part.form if isinstance(part, Typed) else part
        if isinstance(form, Pairs):
            return self._write_pairs(part, form, members, place)
        shape = plain(part)
        choice = self._tell(part, shape, members, place)
        if isinstance(part, Typed) and part.coder:
            return shape
        if type(form) is list:
            return [part for _, part in self._write_parts(enumerate(form), choice, place)]
        if type(form) is dict:
            items = form.items() if is_mapping(choice) else sorted(form.items())
            return dict(self._write_parts(items, choice, place))
        return form

    def _write_parts(
        self, items: Iterable[tuple[str | int, Any]], choice: Choice, place: str
    ) -> Iterator[tuple[Any, Any]]:
        of_all = choice.members_of_all(self.scope)
        certain = certain_types(of_all, self.scope) if of_all else ()
        for key, part in items:
            if type(part) in certain:
                yield key, part
            else:
                members = of_all or choice.members_at(key, self.scope)
                yield key, self.write(part, members, place_of(place, key))

    def _write_pairs(self, part: Typed, pairs: Pairs, members: Members, place: str) -> Any:
        shape = plain(part)
        if type(shape) is dict and (choice := self._tell_keys(part, shape, members, place)):
            values = (value for _, value in pairs.items)
            return dict(self._write_parts(zip(shape, values, strict=True), choice, place))
        shape = [[plain(key), plain(value)] for key, value in pairs.items]
        choice = self._tell(part, shape, members, place)
        written = []
        for i, (key, value) in enumerate(pairs.items):
            at = place_of(place, i)
            of_value = choice.members_at("", self.scope)
            written.append(
                [
                    self.write(key, choice.members_of_keys(), place_of(at, 0)),
                    self.write(value, of_value, place_of(at, 1)),
                ]
            )
        return written

    def _tell(self, part: Any, shape: Any, members: Members, place: str) -> Choice:
        """Return how a reader will read a value, and note what it needs to know for that."""
        choice = choose(members, shape, self.scope)
        if _is_right(choice, part) and self._keys_are_right(choice, part, shape):
            if is_unlike(choice, members, shape, self.scope):
                self.types[place] = choice.label  # so that a reader need not wonder
            return choice
        for keys in ("", "[str]"):
            noted = self._noted(part, shape, members, keys)
            if noted and self._keys_are_right(noted, part, shape):
                self.types[place] = noted.label + keys
                return noted
        if not any(place.startswith((f"{outer}.", f"{outer}[")) for outer in self.untold):
            self.untold.append(place)
        return self._tell_plain(shape, members, place, choice)

    def _tell_plain(self, shape: Any, members: Members, place: str, choice: Choice) -> Choice:
        """Note that a value is read as the JSON that it is, if it would not be."""
        natural = registry.built_in(type(shape))
        assert natural is not None, "JSON has no other types"
        if choice.cls is natural.type and not choice.coder and self._keys_are_right(choice, shape, shape):
            return choice
        plain_choice = choose_noted(members, natural.name, shape, self.scope) or choice
        keys = "" if self._keys_are_right(plain_choice, shape, shape) else "[str]"
        self.types[place] = natural.name + keys
        return replace(plain_choice, keys=keys.strip("[]"))

    def _noted(self, part: Any, shape: Any, members: Members, keys: str) -> Choice | None:
        label = part.name if isinstance(part, Typed) else registry.built_in(type(part)).name  # type: ignore[union-attr]
        choice = choose_noted(members, label + keys, shape, self.scope)
        return choice if choice and _is_right(choice, part) else None

    def _tell_keys(self, part: Typed, shape: Mapping[str, Any], members: Members, place: str) -> Choice | None:
        """Return how a reader will read a dict some keys of which are not texts; None when it can not be an object."""
        choice = choose(members, shape, self.scope)
        if _is_right(choice, part) and self._keys_are_right(choice, part, shape):
            return choice
        for keys in ("", "[int]"):
            noted = self._noted(part, shape, members, keys)
            if noted and self._keys_are_right(noted, part, shape):
                self.types[place] = noted.label + keys
                return noted
        return None

    def _keys_are_right(self, choice: Choice, part: Any, shape: Any) -> bool:
        if not is_mapping(choice) or type(shape) is list:
            return True
        form = part.form if isinstance(part, Typed) else part
        keys = form if type(form) is dict else [key for key, _ in form.items]
        reader = Keys(choice, self.scope)
        if reader.are_texts:
            return all(type(key) is str for key in keys)
        return all(self._key_is_right(reader, text, key) for text, key in zip(shape, keys, strict=True))

    def _key_is_right(self, reader: Keys, text: str, key: Any) -> bool:
        try:
            chosen, form = reader.choose(text)
        except ValueError:
            return False
        return _is_right(chosen, key) and form == plain(key)


def _is_right(choice: Choice, part: Any) -> bool:
    """Return whether a choice makes what a snapshot was taken of."""
    if not isinstance(part, Typed):
        return choice.cls is type(part) and choice.coder is None
    if part.coder:
        return choice.coder is part.coder
    return choice.cls is part.cls and part.kind is not None and choice.label == part.name
