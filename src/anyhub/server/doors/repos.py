"""Repositories as wholes: created, described, renamed, settled, copied and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from anyhub.constants import REPOCARD_NAME
from anyhub.errors import HubError, RepositoryExistsError, UnsupportedError, ValidationError
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.rights import check_reads, check_writes
from anyhub.values import DEFAULT_BRANCH, AddFile, Commit, Gate, RepoFacts, RepoId, RepoInfo
from anyhub.wire.bodies.repos import narrowed, spell_info
from anyhub.wire.errors import body_of, headers_of, status_of

_SPACE_KINDS = ("gradio", "docker", "static", "streamlit")
_UNBUILT_TYPES = ("bucket", "kernel")
_MAX_CARD = 2**20


def create(call: Call) -> Answer:
    """Create a repository; that of a space gets a card that says how it is run."""
    content = call.json()
    repo = _named(call, content)
    sdk = content.get("sdk")
    if repo.type == "space" and sdk is not None and sdk not in _SPACE_KINDS:
        raise ValidationError(f"{str(sdk)[:40]!r} is no kind of space; use one of {', '.join(_SPACE_KINDS)}.")
    try:
        made = call.hub.create(repo, private=_private(content) or False)
    except RepositoryExistsError as error:
        return _exists(call, repo, error)
    if repo.type == "space" and sdk is not None:
        _add_card(call, made.repo, sdk)
    return _made(call, made)


def _add_card(call: Call, repo: RepoId, sdk: str) -> None:
    from anyhub.cards import block

    card = f"---\n{block.write({'title': repo.name, 'sdk': sdk})}---\n"
    try:
        call.hub.commit(repo, [AddFile(REPOCARD_NAME, card.encode())], message=f"Add {REPOCARD_NAME}")
    except HubError:
        call.hub.delete(repo)
        raise


def _made(call: Call, info: RepoInfo) -> Answer:
    return json_answer({"url": call.hub.url(info.repo), "name": str(info.repo), "id": info.id, "private": info.private})


def _exists(call: Call, repo: RepoId, error: RepositoryExistsError) -> Answer:
    """Refuse a name that is taken, with the address that clients go on with when they do not mind."""
    found = call.hub.find_repo(repo)
    body = {**body_of(error), "url": call.hub.url(found.repo if found else repo)}
    return json_answer(body, status_of(error), headers_of(error))


def delete(call: Call) -> Answer:
    """Delete a repository."""
    call.hub.delete(_named(call, call.json()))
    return json_answer({})


def move(call: Call) -> Answer:
    """Rename a repository."""
    content = call.json()
    kind = _type(content)
    old, new = (call.hub.repo_id(field(content, name, str), kind) for name in ("fromRepo", "toRepo"))
    try:
        moved = call.hub.move(old, new)
    except RepositoryExistsError as error:
        raise RepositoryExistsError(
            f"A {kind} repository called {str(new)!r} already exists. Choose another name.", **error.details
        ) from None
    return _made(call, moved)


def settings(call: Call) -> Answer:
    """Set whether a repository is private, and whether it is gated; what is not named stays."""
    content = call.json()
    private, gated = _private(content), content.get("gated")
    if "gated" in content and gated not in (False, None, "auto", "manual"):
        raise ValidationError(f"'gated' is 'auto', 'manual' or false, not {str(gated)[:40]!r}.")
    if private is None and "gated" not in content:
        raise ValidationError("There is nothing to set. Send 'private', 'visibility' or 'gated'.")
    repo = call.repo()
    if "gated" in content:
        call.hub.set_gated(repo, _gate(gated))
    if private is not None:
        call.hub.set_private(repo, private)
    info = call.hub.info(repo)
    return json_answer({"private": info.private, "gated": info.gated or False})


def _gate(gated: object) -> Gate | None:
    return "auto" if gated == "auto" else "manual" if gated == "manual" else None


def duplicate(call: Call) -> Answer:
    """Create a repository with the same files; as private as the other one, when nothing is said."""
    content = call.json()
    source = call.hub.info(call.repo())
    to = call.hub.repo_id(field(content, "repository", str), source.repo.type)
    private = _private(content)
    try:
        made = call.hub.duplicate(source.repo, to, private=source.private if private is None else private)
    except RepositoryExistsError as error:
        return _exists(call, to, error)
    return _made(call, made)


def auth_check(call: Call) -> Answer:
    """Answer when the caller may read the files."""
    check_reads(call, call.repo())
    return json_answer({})


def auth_check_write(call: Call) -> Answer:
    """Answer when the caller may change the files."""
    check_writes(call, call.repo())
    return json_answer({})


def info(call: Call) -> Answer:
    """Describe a repository, at a revision when one is named."""
    found = call.hub.info(call.repo())
    commit = call.hub.resolve(found.repo, call.parts.get("revision", DEFAULT_BRANCH))
    if commit.oid != found.head:
        found = replace(found, facts=_facts_at(call, found, commit))
    names = [name for each in call.all("expand", "expand[]") for name in each.split(",") if name]
    entries = None
    if not names or "siblings" in names:
        entries = [entry for entry in call.hub.tree(found.repo, commit.oid) if not entry.is_folder]
        entries.sort(key=lambda entry: entry.path)
    spelled = spell_info(
        found, at=commit, entries=entries, blobs=call.flag("blobs"), security=call.flag("securityStatus")
    )
    return json_answer(narrowed(spelled, names) if names else spelled)


def _facts_at(call: Call, info: RepoInfo, commit: Commit) -> RepoFacts:
    """Return what the card of another revision says, in the place of that of the default branch."""
    card = _card_at(call, info.repo, commit)
    task, library = (card.get(name) for name in ("pipeline_tag", "library_name"))
    return replace(
        info.facts,
        card=card,
        pipeline_tag=task if isinstance(task, str) else None,
        library_name=library if isinstance(library, str) else None,
    )


def _card_at(call: Call, repo: RepoId, commit: Commit) -> Mapping[str, Any]:
    """Return the metadata of the card; nothing when there is none that can be read, or the caller may not read it."""
    from anyhub.cards import block
    from anyhub.cards.text import CardText

    found = call.hub.find(repo, commit.oid, [REPOCARD_NAME])
    if not found or found[0].is_folder or found[0].size > _MAX_CARD:
        return {}
    try:
        with call.hub.open(repo, found[0]) as stream:
            cut = CardText.cut(stream.read().decode("utf-8", "replace"))
        return block.read(cut.block) if cut.has_block else {}
    except HubError:
        return {}


def _named(call: Call, content: Mapping[str, Any]) -> RepoId:
    """Return the id that a request gives in two parts; without an organisation, it is the caller's."""
    name = field(content, "name", str)
    owner = field(content, "organization", str) if content.get("organization") else ""
    return call.hub.repo_id(f"{owner}/{name}" if owner else name, _type(content))


def _type(content: Mapping[str, Any]) -> str | None:
    kind = field(content, "type", str) if content.get("type") is not None else None
    if kind in _UNBUILT_TYPES:
        raise UnsupportedError(f"This hub has no repositories of the type {kind!r}. Use 'model', 'dataset' or 'space'.")
    return kind


def _private(content: Mapping[str, Any]) -> bool | None:
    """Return what a request says of being private; old clients say it in another way than new ones."""
    visibility = content.get("visibility")
    if visibility is None:
        return field(content, "private", bool) if content.get("private") is not None else None
    if visibility not in ("public", "private", "protected"):
        raise ValidationError(f"'visibility' is 'public' or 'private', not {str(visibility)[:40]!r}.")
    if visibility == "protected":
        raise UnsupportedError("This hub has no protected repositories. Make it 'private' or 'public'.")
    return bool(visibility == "private")


HANDLERS: dict[str, Handler] = {
    "repo.create": create,
    "repo.delete": delete,
    "repo.move": move,
    "repo.settings": settings,
    "repo.duplicate": duplicate,
    "repo.auth_check": auth_check,
    "repo.auth_check_write": auth_check_write,
    "repo.info": info,
    "repo.info_at": info,
}
