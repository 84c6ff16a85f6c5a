"""The ``model-index`` of a card: evaluation results, grouped by model, task and data set.

::

    model-index:
    - name: my-model
      results:
      - task: {type: image-classification}
        dataset: {type: beans, name: Beans, split: test}
        metrics:
        - {type: accuracy, value: 0.9}
        source: {url: https://example.org}

Source: the model card metadata of https://github.com/huggingface/hub-docs (``modelcard.md``), and the format of
https://github.com/paperswithcode/model-index, which it comes from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from anyhub.cards.eval_result import EvalResult
from anyhub.errors import ValidationError

ModelIndex: TypeAlias = list[dict[str, Any]]

# The fields of `EvalResult` by part of a model-index, with their keys there.
_TASK = {"task_type": "type", "task_name": "name"}
_DATASET = {
    "dataset_name": "name",
    "dataset_type": "type",
    "dataset_config": "config",
    "dataset_split": "split",
    "dataset_revision": "revision",
    "dataset_args": "args",
}
_METRIC = {
    "metric_type": "type",
    "metric_value": "value",
    "metric_name": "name",
    "metric_config": "config",
    "metric_args": "args",
    "verified": "verified",
    "verify_token": "verifyToken",
}
_SOURCE = {"source_url": "url", "source_name": "name"}
_SHARED = (*_TASK, *_DATASET, *_SOURCE)


def eval_results_to_model_index(model_name: str, eval_results: Iterable[EvalResult]) -> ModelIndex:
    """Return the model-index that says some evaluation results.

    Args:
        model_name (`str`): What the model of the card is called.
        eval_results: The results. Those of another ``model_name`` get an entry of their own.

    Returns:
        `list[dict]`: Results of the same model, task, data set and source are one group; what is None is left out.
    """
    return updated_model_index([], model_name, list(eval_results))


def model_index_to_eval_results(model_index: Sequence[Mapping[str, Any]]) -> tuple[str, list[EvalResult]]:
    """Return what a model-index says: the name of its first model, and the results of all its models.

    Args:
        model_index: The entries.

    Returns:
        `tuple[str, list[EvalResult]]`: The results of other models than the first have a ``model_name``.

    Raises:
        ValidationError: When it is empty, or not what a model-index has to be; says what is missing.
    """
    if not isinstance(model_index, list) or not model_index:
        raise ValidationError("A model-index is a list of models that is not empty; give one with name and results.")
    name = _part(model_index[0], "name", str, "model")
    return name, [result for model in model_index for result in _results_of(model, name)]


def updated_model_index(model_index: ModelIndex, model_name: str, results: Sequence[EvalResult]) -> ModelIndex:
    """Return a model-index that says other results; of those that stay, it keeps everything else that it says.

    Args:
        model_index: The entries as they are; may be empty.
        model_name (`str`): What the model of the card is called now.
        results: What it is to say. A result that differs from an old one in nothing but its value takes its place.

    Raises:
        ValidationError: When the entries are not a model-index.
    """
    old_name, before = model_index_to_eval_results(model_index) if model_index else (model_name, [])
    if model_index and old_name == model_name and _alike(before, results):
        return model_index
    claims, added = _claims(before, results)
    models = list(_kept(model_index, iter(claims)))
    for model in models:
        model["name"] = model_name if model["name"] == old_name else model["name"]
    _add(models, model_name, added)
    return models or [{"name": model_name, "results": []}]


def _part(value: Any, key: str, kind: type, what: str) -> Any:
    part = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(part, kind):
        raise ValidationError(f"The model-index has a {what} whose {key!r} is missing or malformed; mend it.")
    return part


def _results_of(model: Any, first: str) -> Iterator[EvalResult]:
    name = _part(model, "name", str, "model")
    for result in _part(model, "results", list, "model"):
        shared = _shared_fields(result)
        for metric in _part(result, "metrics", list, "result"):
            fields = shared | _fields(metric, _METRIC, "metric", required=("type", "value"))
            yield EvalResult(**fields, model_name=None if name == first else name)


def _shared_fields(result: Any) -> dict[str, Any]:
    task = _fields(_part(result, "task", Mapping, "result"), _TASK, "task", required=("type",))
    dataset = _fields(_part(result, "dataset", Mapping, "result"), _DATASET, "dataset", required=("type", "name"))
    return task | dataset | _fields(result.get("source") or {}, _SOURCE, "source")


def _fields(part: Any, table: Mapping[str, str], what: str, required: Sequence[str] = ()) -> dict[str, Any]:
    if not isinstance(part, Mapping) or any(key not in part for key in required):
        keys = " and ".join(map(repr, required)) or "an address"
        raise ValidationError(f"The model-index has a {what} without {keys}; mend it.")
    return {field: part.get(key) for field, key in table.items()}


def _exactly(result: EvalResult) -> str:
    return repr(result)


def _except_value(result: EvalResult) -> str:
    return repr(result.without_value())


def _alike(before: Sequence[EvalResult], now: Sequence[EvalResult]) -> bool:
    return list(map(_exactly, before)) == list(map(_exactly, now))


def _claims(
    before: Sequence[EvalResult], now: Sequence[EvalResult]
) -> tuple[list[EvalResult | None], list[EvalResult]]:
    """Return for each old result the one that takes its place, or None, and the results that take none."""
    claims: list[EvalResult | None] = [None] * len(before)
    free = dict(enumerate(now))
    # Equal ones first: a card may list one metric twice, with two values.
    for key in (_exactly, _except_value):
        waiting = _numbers_by(key, free)
        for place, old in enumerate(before):
            if claims[place] is None and (numbers := waiting[key(old)]):
                claims[place] = free.pop(numbers.pop())
    return claims, list(free.values())


def _numbers_by(key: Callable[[EvalResult], str], results: Mapping[int, EvalResult]) -> dict[str, list[int]]:
    """Return the numbers of results by a key of theirs, the first last."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number in reversed(list(results)):
        numbers[key(results[number])].append(number)
    return numbers


def _kept(model_index: ModelIndex, claims: Iterator[EvalResult | None]) -> Iterator[dict[str, Any]]:
    """Copy what is claimed of a model-index; groups and models that nothing is left of are left out."""
    for model in model_index:
        results = [
            {**result, "metrics": metrics}
            for result in model["results"]
            if (metrics := list(_kept_metrics(result["metrics"], claims))) or not result["metrics"]
        ]
        if results or not model["results"]:
            yield {**model, "results": results}


def _kept_metrics(metrics: list[dict[str, Any]], claims: Iterator[EvalResult | None]) -> Iterator[dict[str, Any]]:
    for metric in metrics:
        claim = next(claims)
        if claim is None:
            continue
        now = {**metric, "value": claim.metric_value}
        if claim.verify_token != metric.get("verifyToken"):
            now["verifyToken"] = claim.verify_token
        yield now


def _add(models: ModelIndex, model_name: str, added: Sequence[EvalResult]) -> None:
    """Add results to models, each to the group that it belongs to."""
    by_name = {model["name"]: model for model in models}
    groups = {_group(model["name"], _shared_fields(result)): result for model in models for result in model["results"]}
    for result in added:
        name = result.model_name or model_name
        key = _group(name, vars(result))
        if name not in by_name:
            by_name[name] = {"name": name, "results": []}
            models.append(by_name[name])
        if key not in groups:
            groups[key] = _new_group(result)
            by_name[name]["results"].append(groups[key])
        groups[key]["metrics"].append(_spelled(result, _METRIC))


def _group(model_name: str, fields: Mapping[str, Any]) -> str:
    return repr([model_name, *(fields[name] for name in _SHARED)])


def _new_group(result: EvalResult) -> dict[str, Any]:
    group = {"task": _spelled(result, _TASK), "dataset": _spelled(result, _DATASET), "metrics": []}
    return group | ({"source": _spelled(result, _SOURCE)} if result.source_url is not None else {})


def _spelled(result: EvalResult, table: Mapping[str, str]) -> dict[str, Any]:
    values = {field: getattr(result, field) for field in table}
    return {table[field]: value for field, value in values.items() if value is not None or field == "metric_value"}
