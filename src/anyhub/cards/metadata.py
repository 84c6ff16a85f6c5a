"""The metadata of a card: keys and values that behave like a dict and are written as YAML."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date
from numbers import Integral, Real
from typing import Any

from anyhub.errors import ValidationError

logger = logging.getLogger(__name__)

_MAX_DEPTH = 20  # what `anyhub.cards.block` reads
_MAX_INTEGER = 10**999


class CardData:
    """The metadata of a card.

    Each key is an attribute and an item. None means that a key is missing.

    Args:
        ignore_metadata_errors (`bool`): Whether a value that YAML has no words for is left out with a warning.
        kwargs: Keys and values: texts, numbers, truth values, dates, lists and dicts. They are copied.

    Raises:
        ValidationError: When a value is of another kind; names the key.

    Example::

        >>> data = CardData(license="mit", tags=["tabular"])
        >>> data.license, data["tags"], data.get("language", "en")
        ('mit', ['tabular'], 'en')
    """

    _values: dict[str, Any]

    def __init__(self, /, ignore_metadata_errors: bool = False, **kwargs: Any) -> None:
        # A key of a card may have any name, `get` and `self` too: kept apart, it can not hide a method.
        self.__dict__["_values"] = values = {}
        for key, value in kwargs.items():
            try:
                values[key] = plain(value, key)
            except ValidationError as error:
                if not ignore_metadata_errors:
                    raise
                logger.warning("%s It is left out.", error)

    def to_dict(self) -> dict[str, Any]:
        """Return a copy in plain texts, numbers, lists and dicts; keys whose value is None are left out.

        Raises:
            ValidationError: When a value is of another kind; names the key.
        """
        return {key: plain(value, key) for key, value in self._values.items() if value is not None}

    def to_yaml(self, line_break: str | None = None) -> str:
        r"""Return the metadata as YAML, keys in their order, without a line break at the end.

        Args:
            line_break (`str`, *optional*): What ends a line; ``\n`` when None.

        Raises:
            ValidationError: When a value can not be written; names the key.
        """
        from anyhub.cards import block

        return block.write(self.to_dict()).removesuffix("\n").replace("\n", line_break or "\n")

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or ``default`` when it is missing or None."""
        value = self._values.get(key)
        return default if value is None else value

    def pop(self, key: str, default: Any = None) -> Any:
        """Remove a key and return its value, or ``default`` when it is missing."""
        return self._values.pop(key, default)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __contains__(self, key: object) -> bool:
        return self._values.get(key) is not None  # type: ignore[call-overload]

    def __iter__(self) -> Iterator[str]:
        return iter([key for key in self._values if key in self])

    def __len__(self) -> int:
        return sum(value is not None for value in self._values.values())

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"The card's metadata has no {name!r}; set it, or ask with get({name!r}).") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delattr__(self, name: str) -> None:
        if self._values.pop(name, None) is None:
            raise AttributeError(f"The card's metadata has no {name!r}.")

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, CardData) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __str__(self) -> str:
        return self.to_yaml()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={self[key]!r}' for key in self)})"


class ModelCardData(CardData):
    """The metadata of a model's card.

    Args:
        base_model (`str` or `list[str]`, *optional*): The repositories of the models that this one was made from.
        datasets (`str` or `list[str]`, *optional*): The data sets it was trained on.
        language (`str` or `list[str]`, *optional*): ISO 639 codes of the languages of its input or training data.
        library_name (`str`, *optional*): The library that loads it.
        license (`str`, *optional*): An identifier such as `"apache-2.0"`, or `"other"`.
        license_name (`str`, *optional*): What the license is called, when ``license`` is `"other"`.
        license_link (`str`, *optional*): Where that license is: an address, or a file of the repository.
        metrics (`str` or `list[str]`, *optional*): The metrics it was evaluated by.
        model_name (`str`, *optional*): What the model is called.
        pipeline_tag (`str`, *optional*): Its task, such as `"text-classification"`.
        tags (`list[str]`, *optional*): Words to find it by; each is kept once, in the order given.
        ignore_metadata_errors (`bool`): Whether a value that YAML has no words for is left out with a warning.
        kwargs: Any other keys.

    Raises:
        ValidationError: When a value is not a text, number, truth value, date, list or dict; names the key.
    """

    def __init__(
        self,
        /,
        *,
        base_model: str | list[str] | None = None,
        datasets: str | list[str] | None = None,
        language: str | list[str] | None = None,
        library_name: str | None = None,
        license: str | None = None,
        license_name: str | None = None,
        license_link: str | None = None,
        metrics: str | list[str] | None = None,
        model_name: str | None = None,
        pipeline_tag: str | None = None,
        tags: list[str] | None = None,
        ignore_metadata_errors: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            ignore_metadata_errors,
            base_model=base_model,
            datasets=datasets,
            language=language,
            library_name=library_name,
            license=license,
            license_name=license_name,
            license_link=license_link,
            metrics=metrics,
            model_name=model_name,
            pipeline_tag=pipeline_tag,
            tags=_unique(tags),
            **kwargs,
        )


def _unique(tags: Any) -> Any:
    """Keep the first of equal texts; what else a card may hold here stays as it is."""
    if isinstance(tags, (list, tuple)) and all(isinstance(tag, str) for tag in tags):
        return list(dict.fromkeys(tags))
    return tags


def plain(value: Any, key: str, depth: int = 2) -> Any:
    """Copy a value in those types that YAML and JSON share.

    Args:
        value: A text, number, truth value, None, date, or a list, tuple or mapping of such.
        key (`str`): What the value belongs to, for the message.
        depth (`int`): The level that a list or dict here would be on; those at the top of a card are on level 2.

    Raises:
        ValidationError: When it holds something else, is deeper than 20 levels, or has a number of 1,000 digits.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Integral) and abs(int(value)) < _MAX_INTEGER:
        return int(value)
    if isinstance(value, Real) and not isinstance(value, Integral):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, Mapping)) and depth <= _MAX_DEPTH:
        return _plain_items(value, key, depth + 1)
    raise ValidationError(f"The key {key!r} of the card's metadata {_objection(value)}.")


def _plain_items(value: list[Any] | tuple[Any, ...] | Mapping[Any, Any], key: str, depth: int) -> Any:
    if not isinstance(value, Mapping):
        return [plain(item, key, depth) for item in value]
    for name in value:
        if not isinstance(name, (str, Real, type(None))):
            raise ValidationError(
                f"The key {key!r} of the card's metadata holds a key of type {type(name).__name__}; use texts."
            )
    return {plain(name, key): plain(item, key, depth) for name, item in value.items()}


def _objection(value: Any) -> str:
    if isinstance(value, Integral):
        return "has a number of more than 999 digits; write it as a text"
    if isinstance(value, (list, tuple, Mapping)):
        return f"is nested more than {_MAX_DEPTH} levels deep; keep it flatter"
    return f"holds a value of type {type(value).__name__}; use texts, numbers, truth values, dates, lists and dicts"
