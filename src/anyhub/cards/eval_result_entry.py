"""One result on a benchmark, as the files ``.eval_results/*.yaml`` of a model's repository have it.

Source: ``eval_results.yaml`` of https://github.com/huggingface/hub-docs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyhub.errors import ValidationError

logger = logging.getLogger(__name__)

_DATASET = {"dataset_id": "id", "task_id": "task_id", "dataset_revision": "revision"}
_SOURCE = {"source_url": "url", "source_name": "name", "source_user": "user", "source_org": "org"}
_TOP = {"value": "value", "verify_token": "verifyToken", "date": "date", "notes": "notes"}


@dataclass
class EvalResultEntry:
    """One result on a benchmark.

    Args:
        dataset_id (`str`): The repository of the benchmark's data set, such as `"cais/hle"`.
        task_id (`str`): Which task of the benchmark.
        value: What was measured.
        dataset_revision (`str`, *optional*): Which commit of the data set.
        verify_token (`str`, *optional*): A signature by which the evaluation can be checked.
        date (`str`, *optional*): When it was measured, in the form of ISO 8601.
        source_url (`str`, *optional*): Where the result comes from.
        source_name (`str`, *optional*): What that is called, for people.
        source_user (`str`, *optional*): The account to attribute it to.
        source_org (`str`, *optional*): The organization to attribute it to.
        notes (`str`, *optional*): How it was measured, such as `"no-tools"`.

    Raises:
        ValidationError: When there is another word about the source without a ``source_url``.
    """

    dataset_id: str
    task_id: str
    value: Any
    dataset_revision: str | None = None
    verify_token: str | None = None
    date: str | None = None
    source_url: str | None = None
    source_name: str | None = None
    source_user: str | None = None
    source_org: str | None = None
    notes: str | None = None

    def __post_init__(self) -> None:
        if self.source_url is None and (self.source_name or self.source_user or self.source_org):
            raise ValidationError(
                f"The result on {self.dataset_id!r} says something of its source, but not where that is; give "
                "`source_url`."
            )


def eval_result_entries_to_yaml(entries: Iterable[EvalResultEntry]) -> list[dict[str, Any]]:
    """Return what a file of results says, to be written as YAML.

    Args:
        entries: The results.

    Returns:
        `list[dict]`: One mapping for each result; what is None is left out, but for a value.
    """
    return [_spelled_entry(entry) for entry in entries]


def parse_eval_result_entries(data: Sequence[Mapping[str, Any]]) -> list[EvalResultEntry]:
    """Return the results that a file of them says, or a hub's answer about such files.

    Args:
        data: The mappings that were read. In a hub's answer each is below ``data``, or there is an ``error`` in its
            place, which is left out with a warning.

    Raises:
        ValidationError: When one is not a result; says what it lacks.
    """
    if not isinstance(data, list | tuple):
        raise ValidationError(f"Results are a list of mappings, not a {type(data).__name__}; begin each with '- '.")
    return [_entry(each) for each in data if not _is_reported_wrong(each)]


def _spelled_entry(entry: EvalResultEntry) -> dict[str, Any]:
    top = _spelled(entry, _TOP)
    source = {"source": _spelled(entry, _SOURCE)} if entry.source_url is not None else {}
    notes = {"notes": top.pop("notes")} if "notes" in top else {}
    return {"dataset": _spelled(entry, _DATASET), **top, **source, **notes}


def _spelled(entry: EvalResultEntry, table: Mapping[str, str]) -> dict[str, Any]:
    values = {field: getattr(entry, field) for field in table}
    return {table[field]: value for field, value in values.items() if value is not None or field == "value"}


def _is_reported_wrong(each: Any) -> bool:
    if not isinstance(each, Mapping) or "error" not in each:
        return False
    logger.warning("The file of results %r is left out: %s", each.get("filename"), each["error"])
    return True


def _entry(each: Any) -> EvalResultEntry:
    data = each.get("data", each) if isinstance(each, Mapping) else each
    dataset = data.get("dataset") if isinstance(data, Mapping) else None
    source = (data.get("source") or {}) if isinstance(data, Mapping) else None
    if not isinstance(dataset, Mapping) or not isinstance(source, Mapping) or "value" not in data:
        raise ValidationError("A result needs the mapping 'dataset' and a 'value', and its 'source' is a mapping.")
    if lacking := [key for key in ("id", "task_id") if key not in dataset]:
        raise ValidationError(f"The 'dataset' of a result lacks {' and '.join(map(repr, lacking))}; add it.")
    parts = ((dataset, _DATASET), (data, _TOP), (source, _SOURCE))
    fields: dict[str, Any] = {field: part.get(key) for part, table in parts for field, key in table.items()}
    return EvalResultEntry(**fields)
