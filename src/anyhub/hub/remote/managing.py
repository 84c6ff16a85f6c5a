"""Repositories and references of a hub on the network, as wholes."""

from __future__ import annotations

from anyhub.errors import ConflictError, InvalidRevisionError, RepositoryExistsError, RevisionExistsError
from anyhub.hub.remote.writing import RemoteWriting
from anyhub.values import DEFAULT_BRANCH, Commit, Gate, Ref, RepoId, RepoInfo, check_ref_name
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.commits import read_commit

_BRANCH, _TAG = "refs/heads/", "refs/tags/"


class RemoteManaging(RemoteWriting):
    """Implements of `anyhub.hub.interface.ManagesRepos` what is not about discussions, by the Hub's protocol."""

    def create(self, repo: RepoId, *, private: bool = False) -> RepoInfo:
        """Create a repository, with a first commit on ``main``."""
        visibility = {"private": private, "visibility": "private" if private else "public"}
        space = {"sdk": "static"} if repo.type == "space" else {}
        try:
            self._ask("repo.create", json={**_named(repo), **visibility, **space})
        except ConflictError as error:
            raise RepositoryExistsError(error.message) from None
        return self.info(repo)

    def delete(self, repo: RepoId) -> None:
        """Remove a repository and all that only it holds."""
        self._ask("repo.delete", json=_named(repo))
        self._listings.forget(repo.key)

    def move(self, repo: RepoId, to: RepoId) -> RepoInfo:
        """Rename a repository."""
        try:
            self._ask("repo.move", json={"fromRepo": str(repo), "toRepo": str(to), "type": repo.type})
        except ConflictError as error:
            raise RepositoryExistsError(error.message) from None
        self._listings.forget(repo.key)
        return self.info(to)

    def duplicate(self, repo: RepoId, to: RepoId, *, private: bool) -> RepoInfo:
        """Create a repository with the same branches, tags and files as another; the hub copies them."""
        visibility = {"private": private, "visibility": "private" if private else "public"}
        try:
            self._ask("repo.duplicate", repo, json={"repository": str(to), **visibility})
        except ConflictError as error:
            raise RepositoryExistsError(error.message) from None
        return self.info(to)

    def set_private(self, repo: RepoId, private: bool) -> RepoInfo:
        """Set whether only its owners may see a repository."""
        self._ask("repo.settings", repo, json={"private": private}, repeatable=True)
        return self.info(repo)

    def set_gated(self, repo: RepoId, gated: Gate | None) -> RepoInfo:
        """Set whether its files are only for those who asked for access, and whether they get it at once."""
        self._ask("repo.settings", repo, json={"gated": gated or False}, repeatable=True)
        return self.info(repo)

    def create_ref(self, repo: RepoId, name: str, target: str, message: str = "") -> Ref:
        """Create a branch or tag; a tag with a message is an annotated one."""
        kind, short = _parted(name)
        try:
            if kind == _BRANCH:
                self._ask("branch.create", repo, json={"startingPoint": target}, branch=short)
            else:
                self._ask("tag.create", repo, json={"tag": short, "message": message or None}, revision=target)
        except RevisionExistsError:
            raise
        except ConflictError as error:
            raise RevisionExistsError(error.message) from None
        return Ref(name, target)

    def delete_ref(self, repo: RepoId, name: str) -> None:
        """Remove a branch or tag; ``main`` stays."""
        kind, short = _parted(name)
        if kind == _BRANCH:
            if short == DEFAULT_BRANCH:
                raise ConflictError(
                    f"{DEFAULT_BRANCH!r} is the default branch and can not be deleted. Delete another one."
                )
            self._ask("branch.delete", repo, branch=short)
        else:
            self._ask("tag.delete", repo, tag=short)

    def squash(self, repo: RepoId, branch: str, message: str) -> Commit:
        """Replace the history of a branch by one commit with the same files."""
        content = self._ask("commit.squash", repo, json={"message": message}, branch=branch).json()
        told = reading.maybe(content, "commit", dict) if isinstance(content, dict) else None
        return self.resolve(repo, branch) if told is None else read_commit(told)


def _named(repo: RepoId) -> dict[str, str]:
    return {"name": repo.name, "organization": repo.namespace, "type": repo.type}


def _parted(name: str) -> tuple[str, str]:
    """Split the full name of a branch or tag."""
    kind = next((kind for kind in (_BRANCH, _TAG) if name.startswith(kind)), None)
    if kind is None:
        raise InvalidRevisionError(f"{name!r} is not the full name of a branch or tag, such as 'refs/heads/dev'.")
    return kind, check_ref_name(name.removeprefix(kind), "branch" if kind == _BRANCH else "tag")
