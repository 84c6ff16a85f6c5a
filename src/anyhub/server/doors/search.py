"""What repositories there are: found by their facts, their namespace or a few letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from anyhub.errors import AuthenticationError, ValidationError
from anyhub.people import Organization, User
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler
from anyhub.server.paging import next_page
from anyhub.values import REPO_TYPES, Query, RepoInfo, RepoType, Sort
from anyhub.wire.bodies.reading import spell_date
from anyhub.wire.bodies.repos import SORT_NAMES, narrowed, spell_info
from anyhub.wire.routes.route import TYPES

PAGE = 1000
PAGE_WITH_FILES = 100
MAX_TEXTS = 100
_FEW = 20
_COUNTED_TAGS = 10_000

_SORTS: dict[str, Sort] = {
    **{name: name for name in SORT_NAMES},
    **{spelled: name for name, spelled in SORT_NAMES.items()},
    "likes7d": "trending",
    "likes30d": "trending",
    "downloadsAllTime": "downloads",
    "trending_score": "trending",
}
_ON_REQUEST = {"cardData", "config", "model-index", "siblings"}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)([KMBT]?)", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_KINDS_OF_TAGS = (
    "license",
    "dataset",
    "base_model",
    "arxiv",
    "region",
    "doi",
    "language",
    "task_categories",
    "modality",
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def search(call: Call) -> Answer:
    """List repositories, page by page."""
    names = {name for each in call.all("expand", "expand[]") for name in each.split(",") if name}
    wanted = names or _wanted(call)
    limit = call.number("limit", PAGE, least=0, most=PAGE_WITH_FILES if "siblings" in wanted else PAGE)
    found = list(call.hub.search(replace(_query(call), limit=limit + 1))) if _may_find(call) and limit else []
    shown = found[:limit]
    headers = next_page(call, cursor=shown[-1].id) if len(found) > limit else {}
    return json_answer([_spelled(call, info, wanted, bool(names)) for info in shown], headers=headers)


def _wanted(call: Call) -> set[str]:
    """Return which of the fields that cost something are asked for otherwise than by name."""
    wanted = set()
    if call.flag("full"):
        wanted |= {"siblings"} if call.parts["type"] == "models" else {"siblings", "cardData"}
    if call.flag("config"):
        wanted.add("config")
    if call.flag("cardData"):
        wanted |= {"cardData", "model-index"}
    return wanted


def _spelled(call: Call, info: RepoInfo, wanted: Collection[str], only: bool) -> dict[str, Any]:
    entries = None
    if "siblings" in wanted and info.head is not None:
        entries = [entry for entry in call.hub.tree(info.repo, info.head) if not entry.is_folder]
    spelled = spell_info(info, entries=entries)
    if only:
        return narrowed(spelled, wanted)
    return {name: value for name, value in spelled.items() if name not in _ON_REQUEST or name in wanted}


def _may_find(call: Call) -> bool:
    """Return whether there can be an answer at all: no provider of inference serves what is on this hub."""
    return not (call.first("inference") or call.first("inference_provider"))


def _query(call: Call) -> Query:
    sort = call.first("sort", "lastModified")
    if sort not in _SORTS:
        raise ValidationError(f"{sort[:40]!r} is not something to sort by; use one of {', '.join(sorted(_SORTS))}.")
    fewest, most = _parameters(call.first("num_parameters", ""))
    texts = call.all("search", "search[]")
    if len(texts) + len(call.query) > MAX_TEXTS:
        raise ValidationError(f"At most {MAX_TEXTS} parameters may follow the '?'. Leave some out.")
    return Query(
        type=_type(call.parts["type"]),
        author=call.first("author"),
        search=tuple(word for text in texts for word in text.split()),
        tags=tuple(_tags(call)),
        pipeline_tag=call.first("pipeline_tag"),
        library=call.first("library"),
        gated=call.flag("gated") if call.first("gated") is not None else None,
        min_parameters=fewest,
        max_parameters=most,
        sort=_SORTS[sort],
        ascending=call.first("direction") in ("1", "asc"),
        after=call.first("cursor"),
    )


def _tags(call: Call) -> Iterator[str]:
    for each in call.all("filter", "filter[]", "tags", "other"):
        yield from (tag.strip() for tag in each.split(",") if tag.strip())
    for name, kind in (("trained_dataset", "dataset"), ("datasets", "dataset"), ("models", "model")):
        for each in call.all(name, f"{name}[]"):
            yield each if each.startswith(f"{kind}:") else f"{kind}:{each}"
    if call.first("apps"):
        yield "gguf"  # what programs that run models on one's own machine take


def _parameters(text: str) -> tuple[int | None, int | None]:
    """Return the two ends of ``min:6B,max:128B``, either of which may be left out."""
    ends: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, size = part.strip().partition(":")
        found = _SIZE.fullmatch(size)
        if name not in ("min", "max") or found is None:
            raise ValidationError(f"num_parameters is such as 'min:6B,max:128B', not {text[:60]!r}.")
        ends[name] = int(float(found[1]) * _UNITS[found[2].upper()])
    return ends.get("min"), ends.get("max")


def _type(plural: str) -> RepoType:
    return next(type for type in REPO_TYPES if type == TYPES[plural])


def tags_by_type(call: Call) -> Answer:
    """List the tags that repositories have, each once, by what they say."""
    kinds: dict[str, dict[str, Any]] = {"library": {}, "pipeline_tag": {}, "language": {}, "license": {}, "other": {}}
    for info in islice(_seen(call, Query(_type(call.parts["type"]))), _COUNTED_TAGS):
        for tag in info.facts.tags:
            kind = _kind(tag, info)
            label = tag.removeprefix(f"{kind}:")
            kinds.setdefault(kind, {})[tag] = {"id": tag, "label": label, "type": kind}
    return json_answer({kind: sorted(tags.values(), key=_id) for kind, tags in kinds.items()})


def _seen(call: Call, query: Query) -> Iterator[RepoInfo]:
    """List repositories; none for whoever has to log in first, since clients send no token with these questions."""
    try:
        return call.hub.search(query)
    except AuthenticationError:
        return iter(())


def _id(tag: dict[str, str]) -> str:
    return tag["id"]


def _kind(tag: str, info: RepoInfo) -> str:
    if tag == info.facts.pipeline_tag:
        return "pipeline_tag"
    if tag == info.facts.library_name:
        return "library"
    kind, colon, _ = tag.partition(":")
    if colon and kind in _KINDS_OF_TAGS:
        return kind
    return "language" if _LANGUAGE.fullmatch(tag) else "other"


def quicksearch(call: Call) -> Answer:
    """Find repositories, users and organisations whose names have some letters in them."""
    words = tuple(call.first("q", "").lower().split())
    limit = call.number("limit", _FEW, least=1, most=PAGE)
    kinds = call.all("type")
    answer: dict[str, Any] = {}
    for type in REPO_TYPES:
        if not kinds or type in kinds:
            found = call.hub.search(Query(type, search=words, sort="trending", limit=limit))
            answer[f"{type}s"] = [{"_id": info.id, "id": str(info.repo)} for info in found]
    named: dict[str, Callable[[], Iterable[User | Organization]]] = {
        "users": call.accounts.users,
        "orgs": call.accounts.organizations,
    }
    for kind, list_them in named.items():
        answer[kind] = _names(list_them, words, limit) if call.principal.user and not kinds else []
    return json_answer({**answer, "q": " ".join(words)})


def _names(
    list_them: Callable[[], Iterable[User | Organization]], words: Collection[str], limit: int
) -> list[dict[str, str]]:
    found = (each for each in list_them() if all(word in each.name.lower() for word in words))
    return [{"name": each.name, "fullname": each.fullname} for each in islice(found, limit)]


def trending(call: Call) -> Answer:
    """List what many look at right now."""
    kind, limit = call.first("type", "all"), call.number("limit", _FEW, least=1, most=PAGE)
    types = [type for type in REPO_TYPES if kind in ("all", type)]
    found = [info for type in types for info in call.hub.search(Query(type, sort="trending", limit=limit))]
    found.sort(key=lambda info: info.likes + info.downloads, reverse=True)
    lines = [{"repoData": _spelled(call, info, (), False), "repoType": info.repo.type} for info in found[:limit]]
    return json_answer({"recentlyTrending": lines})


def mine(call: Call) -> Answer:
    """List the repositories of whoever asks, with the bytes that they take."""
    return _with_storage(call, call.accounts.whoami().name)


def of_organization(call: Call) -> Answer:
    """List the repositories of an organisation that the caller may see, with the bytes that they take."""
    call.accounts.whoami()
    return _with_storage(call, call.accounts.organization(call.parts["organization"]).name)


def _with_storage(call: Call, author: str) -> Answer:
    found = [info for type in REPO_TYPES for info in call.hub.search(Query(type, author=author))]
    whole = sum(info.storage for info in found)
    lines = [
        {
            "id": str(info.repo),
            "type": info.repo.type,
            "updatedAt": spell_date(info.last_modified),
            "visibility": "private" if info.private else "public",
            "storage": info.storage,
            "storagePercent": 100 * info.storage / whole if whole else 0.0,
        }
        for info in found
    ]
    return json_answer(lines)


HANDLERS: dict[str, Handler] = {
    "repo.search": search,
    "repo.tags_by_type": tags_by_type,
    "repo.quicksearch": quicksearch,
    "repo.trending": trending,
    "repo.mine": mine,
    "repo.of_organization": of_organization,
}
