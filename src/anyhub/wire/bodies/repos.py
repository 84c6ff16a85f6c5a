"""What is known of a repository, in JSON."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from anyhub.values import Commit, Entry, Gate, RepoFacts, RepoId, RepoInfo, RepoType, Sort
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.commits import spell_commit
from anyhub.wire.bodies.entries import spell_sibling
from anyhub.wire.bodies.reading import maybe, need, read_date, spell_date, texts

SORT_NAMES: dict[Sort, str] = {
    "last_modified": "lastModified",
    "created_at": "createdAt",
    "likes": "likes",
    "downloads": "downloads",
    "trending": "trendingScore",
}
"""What repositories are sorted by, as listings are asked for it."""

UNSCANNED = {"scansDone": False, "filesWithIssues": []}
"""What is said of the security of a repository: nobody looked."""

_MAX_DEPTH = 32


def spell_info(
    info: RepoInfo,
    *,
    at: Commit | None = None,
    entries: Sequence[Entry] | None = None,
    blobs: bool = False,
    security: bool = False,
) -> dict[str, Any]:
    """Return all that is known of a repository, in JSON.

    Args:
        info (`RepoInfo`): What the hub knows; its facts are those of the revision that is described.
        at (`Commit`, *optional*): The commit that is described; the default branch's, when None.
        entries (*optional*): The files of that commit.
        blobs (`bool`): Whether the sizes and digests of files are told.
        security (`bool`): Whether it is told what is known of the files' security.
    """
    spelled = {
        "_id": info.id,
        "id": str(info.repo),
        "author": info.repo.namespace,
        "sha": at.oid if at else info.head,
        "lastModified": spell_date(info.last_modified),
        "createdAt": spell_date(info.created_at),
        "private": info.private,
        "gated": info.gated or False,
        "disabled": False,
        "downloads": info.downloads,
        "downloadsAllTime": info.downloads,
        "likes": info.likes,
        "trendingScore": info.likes + info.downloads,
        "tags": list(info.facts.tags),
        "usedStorage": info.storage,
        "creator": info.creator,
        "cardData": plain(info.facts.card),
        **_of_its_type(info),
    }
    if security:
        spelled["securityRepoStatus"] = UNSCANNED
    if at is not None:
        spelled["lastCommit"] = spell_commit(at)
    if entries is not None:
        spelled["siblings"] = [spell_sibling(entry, blobs=blobs) for entry in entries if not entry.is_folder]
    return spelled


def _of_its_type(info: RepoInfo) -> dict[str, Any]:
    card, facts = info.facts.card, info.facts
    if info.repo.type == "dataset":
        return {"description": card.get("pretty_name")}
    if info.repo.type == "space":
        host = f"{info.repo.namespace}-{info.repo.name}".lower().replace(".", "-").replace("_", "-")
        linked = {key: plain(card.get(key) or []) for key in ("models", "datasets")}
        return {"sdk": card.get("sdk"), "subdomain": host, **linked}
    spelled: dict[str, Any] = {
        "modelId": str(info.repo),
        "pipeline_tag": facts.pipeline_tag,
        "library_name": facts.library_name,
        "config": plain(facts.config),
        "spaces": [],
        "baseModels": [tag.removeprefix("base_model:") for tag in facts.tags if _is_base_model(tag)],
    }
    if card.get("model-index"):
        spelled["model-index"] = plain(card["model-index"])
    if facts.parameters:
        spelled["safetensors"] = {"parameters": dict(facts.parameters), "total": sum(facts.parameters.values())}
    if facts.gguf:
        spelled["gguf"] = dict(facts.gguf)
    return spelled


def _is_base_model(tag: str) -> bool:
    return tag.startswith("base_model:") and tag.count(":") == 1


def narrowed(spelled: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return of what is known only what was asked for with ``expand``; an unknown name asks for nothing."""
    return {name: value for name, value in spelled.items() if name in ("_id", "id") or name in names}


def read_info(content: Mapping[str, Any], type: RepoType) -> RepoInfo:
    """Return what JSON tells of a repository, be it its description or a line of a listing.

    Args:
        content: What was sent.
        type (`str`): The kind that was asked for.

    Raises:
        CorruptFileError: When it is not that of a repository.
    """
    created = read_date(content, "createdAt" if content.get("createdAt") else "lastModified")
    gated = content.get("gated")
    return RepoInfo(
        _repo_id(need(content, "id", str), type),
        maybe(content, "private", bool) or False,
        created,
        read_date(content, "lastModified") if content.get("lastModified") else created,
        reading.oid(content, "sha") if content.get("sha") else None,
        maybe(content, "usedStorage", int) or 0,
        maybe(content, "_id", str) or "",
        maybe(content, "creator", str) or "",
        cast("Gate", gated) if gated in ("auto", "manual") else None,
        maybe(content, "likes", int) or 0,
        maybe(content, "downloads", int) or 0,
        _facts(content),
    )


def _repo_id(text: str, type: RepoType) -> RepoId:
    """Return an id as the other hub spells it; its rules for names may be wider than ours."""
    namespace, _, name = text.rpartition("/")
    if not name or "/" in namespace or any(not character.isprintable() for character in text):
        raise reading.wrong(f"{text[:60]!r} is not the id of a repository")
    return RepoId(namespace, name, type)


def _facts(content: Mapping[str, Any]) -> RepoFacts:
    parameters = maybe(maybe(content, "safetensors", dict) or {}, "parameters", dict) or {}
    return RepoFacts(
        card=maybe(content, "cardData", dict) or {},
        tags=texts(content, "tags"),
        pipeline_tag=maybe(content, "pipeline_tag", str),
        library_name=maybe(content, "library_name", str),
        config=maybe(content, "config", dict) or {},
        parameters={name: count for name, count in parameters.items() if isinstance(count, int)},
        gguf=maybe(content, "gguf", dict) or {},
    )


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value of a card as JSON has it: dates as text, numbers that JSON lacks as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return str(value)
