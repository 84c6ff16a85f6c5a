"""What is said of one checkpoint, rather than of its class, for the metadata of its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Self

from anyhub.cards.eval_result import EvalResult
from anyhub.cards.metadata import MODEL_INDEX, ModelCardData, unique
from anyhub.cards.model_index import eval_results_to_model_index, model_index_to_eval_results
from anyhub.repocard.validation import check_metadata

_KEYS = ("license", "language", "datasets", "base_model", "metrics", "tags", "pipeline_tag")
_OF_OTHER_LICENSES = ("license_name", "license_link")


@dataclass(frozen=True)
class Facts:
    """What is said of one checkpoint.

    Attributes:
        metadata (`Mapping`): Keys of the metadata of its card, but for the results of evaluations.
        results (`tuple[EvalResult, ...]`): These. One without a ``model_name`` is of the checkpoint itself.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    results: tuple[EvalResult, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.metadata or self.results)

    @classmethod
    def of(cls, **said: Any) -> Self:
        """Return what a caller says; None says nothing. Nothing that the caller holds is kept.

        Raises:
            ValidationError: When a value is not what a card may say under its key; names every such key.
        """
        stated = {key: value for key, value in said.items() if value is not None}
        tags = stated.get("tags")
        data = ModelCardData(**{**stated, "tags": [tags] if isinstance(tags, str) else tags}, model_name="")
        check_metadata(plain := data.to_dict(), is_model=True)
        results = tuple(map(_in_json, data.eval_results or ()))
        return cls({key: plain[key] for key in stated if key in plain}, _copied(results))

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """Return what `spelled` has made, or a stranger; keys that are none of ours are passed over.

        Raises:
            ValidationError: When a value is not what a card may say under its key.
        """
        check_metadata(content, is_model=True)
        index = content.get(MODEL_INDEX)
        results = model_index_to_eval_results(index)[1] if index else ()
        metadata = ModelCardData(**{key: content[key] for key in _KEYS if key in content}).to_dict()
        return cls(metadata, tuple(results))

    def spelled(self, name: str) -> dict[str, Any]:
        """Return the facts as metadata of a card, in values that JSON has words for.

        Args:
            name (`str`): What the checkpoint is called, which results can not do without.
        """
        return {**self.metadata, **({MODEL_INDEX: _index(self.results, name)} if self.results else {})}

    def over(self, earlier: Facts) -> Facts:
        """Return these, and of earlier ones what these do not contradict: keys, and results of other measurements."""
        return Facts({**earlier.metadata, **self.metadata}, tuple(_updated(earlier.results, self.results)))

    def put_into(self, data: ModelCardData, name: str, earlier: Facts | None = None) -> None:
        """Say the facts in the metadata of a card: tags and results are added to its own, other keys are replaced.

        Args:
            data (`ModelCardData`): The metadata.
            name (`str`): What the checkpoint is called.
            earlier (`Facts`, *optional*): What was said of it before, by which it is known again under another name.
        """
        for key, value in self.metadata.items():
            data[key] = with_tags(value, data.get(key)) if key == "tags" else value
        if self.metadata.get("license") not in (None, "other", ["other"]):
            for key in _OF_OTHER_LICENSES:
                data.pop(key)
        if self.results:
            _put_results(data, self.results, name, () if earlier is None else earlier.results)


def with_tags(added: Any, present: Any) -> Any:
    """Return tags, and after them those that are there already; each once."""
    listed = [[tags] if isinstance(tags, str) else tags or [] for tags in (added, present)]
    return unique([*listed[0], *listed[1]])


def _put_results(data: ModelCardData, results: Sequence[EvalResult], name: str, earlier: Sequence[EvalResult]) -> None:
    present = data.get("eval_results") or []
    called = data.get("model_name") or name
    has_own = any(old.model_name == name for old in present)
    is_of_another = called != name and present and (has_own or not _share_measurement(present, earlier))
    own = name if is_of_another else None
    data["model_name"] = called
    data["eval_results"] = _updated(present, [replace(each, model_name=each.model_name or own) for each in results])


def _share_measurement(some: Sequence[EvalResult], others: Sequence[EvalResult]) -> bool:
    return any(one.is_equal_except_value(other) for one in some for other in others if other.model_name is None)


def _updated(present: Sequence[EvalResult], results: Sequence[EvalResult]) -> list[EvalResult]:
    """Return some results, and others of which those of the same measurement take the place of what was measured."""
    updated = list(present)
    for result in results:
        places = [place for place, old in enumerate(updated) if old.is_equal_except_value(result)]
        for place in places:
            updated[place] = result
        if not places:
            updated.append(result)
    return updated


def _copied(results: Sequence[EvalResult]) -> tuple[EvalResult, ...]:
    return tuple(model_index_to_eval_results(_index(results, ""))[1]) if results else ()


def _index(results: Sequence[EvalResult], name: str) -> list[dict[str, Any]]:
    """Return a model-index whose first model is the checkpoint, also where all results are of others."""
    index = eval_results_to_model_index(name, results)
    return index if index[0]["name"] == name else [{"name": name, "results": []}, *index]


def _in_json(result: EvalResult) -> EvalResult:
    """Return a result that JSON has words for: a number that is none, such as NaN, is a text."""
    value = result.metric_value
    return replace(result, metric_value=str(value)) if isinstance(value, float) and not isfinite(value) else result
