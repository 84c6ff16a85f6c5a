"""What webhooks are still to be told: noted in the transaction that does it, delivered later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from anyhub.community import Discussion, Event
from anyhub.hub.access.rules import Right, may
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.repos.catalog import Catalog, now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.values import RepoId, RepoInfo

_WEBHOOKS = """
SELECT webhooks.id, name, watched, domains FROM webhooks JOIN accounts ON key = lower(owner)
WHERE enabled AND deleted_at IS NULL
"""

MAX_WAITING = 1000
"""Of what waits for one webhook; what comes while it has so much to be told is not kept for it."""


class Outbox:
    """Notes what happened for the webhooks that watch it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._accounts = StoredAccounts(database)

    def is_watched(self) -> bool:
        """Return whether there is anybody to tell anything."""
        return bool(self._database.query("SELECT 1 FROM webhooks WHERE enabled LIMIT 1"))

    def note(
        self,
        repo: int,
        scope: str,
        action: str = "update",
        *,
        refs: Sequence[tuple[str, str | None, str | None]] = (),
        discussion: Discussion | None = None,
        comment: Event | None = None,
        moved_to: RepoId | None = None,
    ) -> None:
        """Note what happens to a repository, inside the transaction in which it does.

        Args:
            repo (`int`): The key of the repository, which is still there, under its old name.
            scope (`str`): ``repo`` (create, delete, move), ``repo.config`` (settings), ``repo.content`` (references),
                ``discussion`` or ``discussion.comment``.
            action (`str`): ``create``, ``update``, ``delete`` or ``move``.
            refs: The references that change: full name, old and new commit id.
            discussion (`Discussion`, *optional*): Which one it is about.
            comment (`Event`, *optional*): Which comment it is about.
            moved_to (`RepoId`, *optional*): The new name, of a ``move``.
        """
        if not self.is_watched():
            return
        info = self._info(repo)
        payload: dict[str, Any] = {"event": {"action": action, "scope": scope}, "repo": _spelled_repo(info)}
        if refs:
            payload["updatedRefs"] = [{"ref": ref, "oldSha": old, "newSha": new} for ref, old, new in refs]
        if discussion is not None:
            payload["discussion"] = _spelled_discussion(info, discussion)
        if discussion is not None and comment is not None:
            payload["comment"] = _spelled_comment(info, discussion, comment)
        if moved_to is not None:
            payload["movedTo"] = {"name": str(moved_to), "owner": {"id": moved_to.namespace}}
        self._post(info, scope, payload)

    def _info(self, repo: int) -> RepoInfo:
        name = self._database.query("SELECT namespace, name, type FROM repos WHERE id = ?", repo)[0]
        return self._catalog.info(RepoId(*name))

    def _post(self, info: RepoInfo, scope: str, payload: dict[str, Any]) -> None:
        """Put a payload in the box of every webhook that is to be told, and whose owner may see the repository."""
        domain = scope.partition(".")[0]
        with self._database.transaction() as connection:
            for id, owner, watched, domains in connection.execute(_WEBHOOKS).fetchall():
                if domain not in json.loads(domains) or not _watches(json.loads(watched), info.repo):
                    continue
                if may(self._accounts.principal_of(owner), Right.SEE, info):
                    told = {**payload, "webhook": {"id": id, "version": 3}}
                    connection.execute(
                        "INSERT INTO deliveries (webhook, payload, attempts, next_at) SELECT ?1, ?2, 0, ?3"
                        " WHERE (SELECT count(*) FROM deliveries WHERE webhook = ?1) < ?4",
                        (id, json.dumps(told), now_microseconds(), MAX_WAITING),
                    )


def _watches(watched: list[list[str]], repo: RepoId) -> bool:
    for kind, name in watched:
        is_namespace = kind in ("user", "org") and name.lower() == repo.namespace.lower()
        if is_namespace or (kind == repo.type and name.lower() == str(repo).lower()):
            return True
    return False


def _url(repo: RepoId, *, api: bool = False) -> str:
    """Return an address below that of the server, which is put before it when it is delivered."""
    prefix = f"/api/{repo.type}s/" if api else "/" if repo.type == "model" else f"/{repo.type}s/"
    return f"{prefix}{repo}"


def _spelled_repo(info: RepoInfo) -> dict[str, Any]:
    return {
        "type": info.repo.type,
        "name": str(info.repo),
        "id": info.id,
        "private": info.private,
        "headSha": info.head,
        "url": {"web": _url(info.repo), "api": _url(info.repo, api=True)},
        "owner": {"id": info.repo.namespace},
    }


def _spelled_discussion(info: RepoInfo, discussion: Discussion) -> dict[str, Any]:
    place = f"/discussions/{discussion.number}"
    spelled: dict[str, Any] = {
        "id": f"{info.id}-{discussion.number}",
        "num": discussion.number,
        "author": {"id": discussion.author},
        "title": discussion.title,
        "isPullRequest": discussion.is_pull_request,
        "status": discussion.status,
        "url": {"web": _url(info.repo) + place, "api": _url(info.repo, api=True) + place},
    }
    if discussion.is_pull_request:
        spelled["changes"] = {"base": discussion.target, "mergeCommitId": discussion.merge_commit}
    return spelled


def _spelled_comment(info: RepoInfo, discussion: Discussion, comment: Event) -> dict[str, Any]:
    web = f"{_url(info.repo)}/discussions/{discussion.number}#{comment.id}"
    spelled = {"id": comment.id, "author": {"id": comment.author}, "hidden": comment.hidden, "url": {"web": web}}
    return spelled if comment.hidden else {**spelled, "content": comment.content}
