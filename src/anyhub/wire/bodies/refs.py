"""References in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from anyhub.values import Ref
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.reading import maybe, need

_KINDS = {"branches": "refs/heads/", "tags": "refs/tags/", "pullRequests": "refs/pr/"}


def spell_refs(refs: Iterable[Ref], *, pull_requests: bool) -> dict[str, Any]:
    """Return references in JSON, by their kind.

    Args:
        refs: All of a repository.
        pull_requests (`bool`): Whether those of pull requests are told.
    """
    kinds: dict[str, Any] = {"branches": [], "converts": [], "tags": [], "pullRequests": []}
    for ref in refs:
        kind = next((kind for kind, prefix in _KINDS.items() if ref.name.startswith(prefix)), None)
        if kind is not None:
            name = ref.name.removeprefix("refs/pr/") if kind == "pullRequests" else ref.short
            kinds[kind].append({"name": name, "ref": ref.name, "targetCommit": ref.target})
    if not pull_requests:
        del kinds["pullRequests"]
    return kinds


def read_refs(content: Mapping[str, Any]) -> list[Ref]:
    """Return the references that JSON tells of, sorted by name.

    Raises:
        CorruptFileError: When it is not that of references.
    """
    lines = [line for kind in _KINDS for line in maybe(content, kind, list) or ()]
    checked = [reading.is_a(line, dict, "a reference") for line in lines]
    return sorted((Ref(need(line, "ref", str), reading.oid(line, "targetCommit")) for line in checked), key=_name)


def _name(ref: Ref) -> str:
    return ref.name
