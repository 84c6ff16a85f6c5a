"""The door of collections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from anyhub.community import Collection
from anyhub.errors import ConflictError, NotFoundError, UnsupportedError, ValidationError
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.paging import one_page
from anyhub.values import RepoId
from anyhub.wire.bodies.community import read_item_type, spell_collection, spell_listed_collection
from anyhub.wire.errors import body_of, headers_of
from anyhub.wire.routes.route import TYPES

PAGE = 100
MAX_FILTERS = 20


def list_all(call: Call) -> Answer:
    """List collections: those of any of the owners that have any of the items."""
    owners: list[str | None] = [*call.all("owner", "owner[]")] or [None]
    items = _items(call)
    if len(owners) * len(items) > MAX_FILTERS:
        raise ValidationError(f"Collections are looked for by at most {MAX_FILTERS} pairs of an owner and an item.")
    found = {
        each.slug: each
        for owner in owners
        for item in items
        for each in call.community.collections(owner=owner, item=item)
    }
    page, headers = one_page(call, _sorted(call, found.values()), PAGE)
    types = _owner_types(call, page)
    return json_answer([spell_listed_collection(each, types[each.owner]) for each in page], headers=headers)


def create(call: Call) -> Answer:
    """Begin a collection; one title is given once by each owner, so that asking twice makes no second one."""
    content = call.json()
    owner, title = field(content, "namespace", str, call.principal.name), field(content, "title", str)
    description, private = field(content, "description", str, ""), field(content, "private", bool, False)
    item = _repo(call, content["item"]) if content.get("item") is not None else None
    same = [each for each in call.community.collections(owner=owner) if each.title == title.strip()]
    if same:
        return _exists(owner, same[0])
    made = call.community.create_collection(owner, title, description=description, private=private, item=item)
    return json_answer(_spelled(call, made))


def details(call: Call) -> Answer:
    """Show a collection."""
    return json_answer(_spelled(call, call.community.collection(_slug(call))))


def update(call: Call) -> Answer:
    """Change a collection."""
    content = call.json()
    if content.get("position") is not None:
        raise UnsupportedError("Collections are kept in the order of their last change. Leave out 'position'.")
    changed = call.community.update_collection(
        _slug(call),
        title=_maybe(content, "title", str),
        description=_maybe(content, "description", str),
        private=_maybe(content, "private", bool),
        theme=_maybe(content, "theme", str),
    )
    return json_answer({"success": True, "data": _spelled(call, changed)})


def delete(call: Call) -> Answer:
    """Delete a collection."""
    call.community.delete_collection(_slug(call))
    return json_answer({"success": True})


def add(call: Call) -> Answer:
    """Add a repository to a collection."""
    content = call.json()
    repo, note = _repo(call, field(content, "item", dict)), field(content, "note", str, "")
    call.community.add_item(_slug(call), repo, note)
    return details(call)


def update_item(call: Call) -> Answer:
    """Change a note or a place."""
    content = call.json()
    note, position = _maybe(content, "note", str), _maybe(content, "position", int)
    call.community.update_item(_slug(call), call.parts["item"], note=note, position=position)
    return json_answer({"success": True})


def remove(call: Call) -> Answer:
    """Take a repository out of a collection."""
    call.community.remove_item(_slug(call), call.parts["item"])
    return json_answer({"success": True})


def _exists(owner: str, present: Collection) -> Answer:
    """Refuse a second collection of a title; clients that do not mind read its slug."""
    error = ConflictError(f"{owner!r} has a collection {present.title!r} already. Give another title.")
    return json_answer({**body_of(error), "slug": present.slug}, 409, headers_of(error))


def _slug(call: Call) -> str:
    return f"{call.parts['namespace']}/{call.parts['slug']}"


def _repo(call: Call, item: object) -> RepoId:
    if not isinstance(item, dict):
        raise ValidationError("'item' is an object that has the 'id' of a repository and its 'type'.")
    type = read_item_type(item.get("type"))
    return call.hub.repo_id(field(item, "id", str), type)


def _items(call: Call) -> list[RepoId | None]:
    """Return the repositories that are asked for, which are spelled ``models/me/x``."""
    found: list[RepoId | None] = []
    for text in call.all("item", "item[]"):
        kind, _, id = text.partition("/")
        if kind not in TYPES:
            raise ValidationError(f"An item is spelled as 'models/me/x', not {text[:60]!r}.")
        found.append(call.hub.repo_id(id, TYPES[kind]))
    return found or [None]


def _sorted(call: Call, found: Iterable[Collection]) -> list[Collection]:
    by = call.first("sort", "lastModified")
    if by not in ("lastModified", "trending", "upvotes"):
        raise ValidationError(f"Collections are sorted by lastModified, trending or upvotes, not {by[:40]!r}.")
    if by == "upvotes":
        return sorted(found, key=lambda each: (-each.upvotes, each.slug))
    return sorted(found, key=lambda each: (each.modified_at, each.slug), reverse=True)


def _spelled(call: Call, collection: Collection) -> dict[str, Any]:
    return spell_collection(collection, _owner_types(call, [collection])[collection.owner])


def _owner_types(call: Call, collections: Iterable[Collection]) -> dict[str, str]:
    """Return for each owner whether it is a user or an organisation."""
    return {owner: _owner_type(call, owner) for owner in {each.owner for each in collections}}


def _owner_type(call: Call, owner: str) -> str:
    if owner == call.principal.name:
        return "user"
    try:
        call.accounts.organization(owner)
    except NotFoundError:
        return "user"
    return "org"


def _maybe(content: dict[str, Any], name: str, kind: type[Any]) -> Any:
    return None if content.get(name) is None else field(content, name, kind)


HANDLERS: dict[str, Handler] = {
    "collection.list": list_all,
    "collection.create": create,
    "collection.details": details,
    "collection.update": update,
    "collection.delete": delete,
    "collection.add": add,
    "collection.update_item": update_item,
    "collection.remove": remove,
}
