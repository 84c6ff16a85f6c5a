"""The metadata of a card: keys and values that behave like a dict and are written as YAML."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from anyhub.cards.eval_result import EvalResult
from anyhub.cards.model_index import ModelIndex, model_index_to_eval_results, updated_model_index
from anyhub.cards.plain import plain
from anyhub.errors import ValidationError

logger = logging.getLogger(__name__)

MODEL_INDEX = "model-index"


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
        self.__dict__["_values"] = {}
        for key, value in kwargs.items():
            try:
                self._put(key, plain(value, key))
            except ValidationError as error:
                if not ignore_metadata_errors:
                    raise
                logger.warning("%s It is left out.", error)

    def _name(self, key: str) -> str:
        """Return the name that a key has in the card."""
        return key

    def _look(self, key: str) -> Any:
        # By way of `__dict__`: while a copy is made, `_values` is not there yet, and is asked for by `__getattr__`.
        return self.__dict__["_values"][self._name(key)]

    def _put(self, key: str, value: Any) -> None:
        self._values[self._name(key)] = value

    def _drop(self, key: str) -> Any:
        return self._values.pop(self._name(key))

    def _spelled(self) -> Mapping[str, Any]:
        """Return the keys and values that are written."""
        return self._values

    def to_dict(self) -> dict[str, Any]:
        """Return a copy in plain texts, numbers, lists and dicts; keys whose value is None are left out.

        Raises:
            ValidationError: When a value is of another kind; names the key.
        """
        return {key: plain(value, key) for key, value in self._spelled().items() if value is not None}

    def to_yaml(self, line_break: str | None = None, original_order: Sequence[str] | None = None) -> str:
        r"""Return the metadata as YAML, without a line break at the end.

        Args:
            line_break (`str`, *optional*): What ends a line; ``\n`` when None.
            original_order (`list[str]`, *optional*): The keys to begin with; the others follow in their own order.

        Raises:
            ValidationError: When a value can not be written; names the key.
        """
        from anyhub.cards import block

        data = self.to_dict()
        ordered = {key: data[key] for key in (*(original_order or ()), *data) if key in data}
        return block.write(ordered).removesuffix("\n").replace("\n", line_break or "\n")

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or ``default`` when it is missing or None."""
        try:
            value = self._look(key)
        except KeyError:
            return default
        return default if value is None else value

    def pop(self, key: str, default: Any = None) -> Any:
        """Remove a key and return its value, or ``default`` when it is missing."""
        try:
            return self._drop(key)
        except KeyError:
            return default

    def __getitem__(self, key: str) -> Any:
        return self._look(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._put(key, value)

    def __delitem__(self, key: str) -> None:
        self._drop(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter([key for key in self._values if key in self])

    def __len__(self) -> int:
        return sum(value is not None for value in self._values.values())

    def __getattr__(self, name: str) -> Any:
        try:
            return self._look(name)
        except KeyError:
            raise AttributeError(f"The card's metadata has no {name!r}; set it, or ask with get({name!r}).") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._put(name, value)

    def __delattr__(self, name: str) -> None:
        if self.pop(name) is None:
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

    Its evaluation results are ``eval_results`` and ``model_name`` here, and ``model-index`` in the card. The parts of a
    ``model-index`` that say nothing of an `EvalResult` stay as they are; one that is not made of such results is a key
    like any other. What ``data["model-index"]`` gives is a copy: to change one result, change it in ``eval_results``.

    Args:
        base_model (`str` or `list[str]`, *optional*): The repositories of the models that this one was made from.
        datasets (`str` or `list[str]`, *optional*): The data sets it was trained on.
        eval_results (`EvalResult` or `list[EvalResult]`, *optional*): How it was evaluated; needs ``model_name``.
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
        ValidationError: When a value is not a text, number, truth value, date, list or dict; names the key. When
            ``eval_results`` are something else, or without ``model_name``.
    """

    _index: ModelIndex
    eval_results: list[EvalResult] | None
    model_name: str | None

    def __init__(
        self,
        /,
        *,
        base_model: str | list[str] | None = None,
        datasets: str | list[str] | None = None,
        eval_results: EvalResult | list[EvalResult] | None = None,
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
        self.__dict__["_index"] = []  # as it was read
        super().__init__(
            ignore_metadata_errors,
            base_model=base_model,
            datasets=datasets,
            eval_results=None,
            language=language,
            library_name=library_name,
            license=license,
            license_name=license_name,
            license_link=license_link,
            metrics=metrics,
            model_name=model_name,
            pipeline_tag=pipeline_tag,
            tags=unique(tags),
            **kwargs,
        )
        if eval_results is None or self.eval_results is not None:
            return
        try:
            self.eval_results = _checked(eval_results, model_name)
        except ValidationError as error:
            if not ignore_metadata_errors:
                raise
            logger.warning("%s They are left out.", error)

    def _put(self, key: str, value: Any) -> None:
        if key != MODEL_INDEX:
            super()._put(key, value)
        elif value:
            self._put_model_index(value)
        else:
            self._values.update({MODEL_INDEX: value, "eval_results": None})

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, plain(value, key) if key == MODEL_INDEX else value)

    def _put_model_index(self, index: Any) -> None:
        try:
            name, results = model_index_to_eval_results(index)
        except ValidationError:
            self._values.update({MODEL_INDEX: index, "eval_results": None})
            return
        self._values.pop(MODEL_INDEX, None)
        self._index[:] = index
        self._values.update(eval_results=results, model_name=name)

    def _look(self, key: str) -> Any:
        if key == MODEL_INDEX and super()._look("eval_results") is not None:
            return plain(self._spelled()[MODEL_INDEX], MODEL_INDEX)
        return super()._look(key)

    def _drop(self, key: str) -> Any:
        if key != MODEL_INDEX or self.get("eval_results") is None:
            return super()._drop(key)
        index = self._look(key)
        self._values.update(eval_results=None, model_name=None)
        return index

    def _spelled(self) -> Mapping[str, Any]:
        values = dict(self._values)
        if (results := values.pop("eval_results", None)) is None:
            return values
        name = values.pop("model_name", None)
        return values | {MODEL_INDEX: updated_model_index(self._index, name, _checked(results, name))}


def _checked(results: Any, model_name: str | None) -> list[EvalResult]:
    listed = [results] if isinstance(results, EvalResult) else results
    items = listed if isinstance(listed, list | tuple) else [listed]
    if wrong := [each for each in items if not isinstance(each, EvalResult)]:
        raise ValidationError(
            "`eval_results` should be of type `EvalResult` or a list of `EvalResult`, and there is one of type "
            f"`{type(wrong[0]).__name__}`."
        )
    if model_name is None:
        raise ValidationError("Passing `eval_results` requires `model_name` to be set.")
    return list(listed)


def unique(tags: Any) -> Any:
    """Keep the first of equal texts; what else a card may hold here stays as it is."""
    if isinstance(tags, (list, tuple)) and all(isinstance(tag, str) for tag in tags):
        return list(dict.fromkeys(tags))
    return tags
