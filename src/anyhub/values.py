"""The plain, frozen values that every layer passes on, and that mean the same on both ends of a wire."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import quote

from anyhub.errors import InvalidRepoIdError, InvalidRevisionError, did_you_mean

RepoType: TypeAlias = Literal["model", "dataset", "space"]
REPO_TYPES: tuple[RepoType, ...] = get_args(RepoType)

DEFAULT_BRANCH = "main"

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?", re.ASCII)
_MAX_NAME = 96
_COMMIT_ID = re.compile(r"[0-9a-f]{40}")
_SHORT_COMMIT_ID = re.compile(r"[0-9a-f]{4,39}")


@dataclass(frozen=True, slots=True)
class RepoId:
    """The name of a repository: what kind it is, whose it is, and what it is called."""

    namespace: str
    name: str
    type: RepoType = "model"

    @classmethod
    def parse(cls, text: str, *, namespace: str, type: str | None = None, any_owner: bool = False) -> RepoId:
        """Read ``"namespace/name"``, or ``"name"`` in the given namespace.

        Args:
            text (`str`): The id as a user writes it. A `RepoUrl` is read by its ``repo_id``.
            namespace (`str`): Where a bare name belongs.
            type (`str`, *optional*): `"model"` (the default), `"dataset"` or `"space"`.
            any_owner (`bool`): Take every namespace that can be one part of a path: a hub may have users of names that
                another system gave. Whether it has one of this name, the hub says.

        Raises:
            InvalidRepoIdError: When the text is not of that form; the message says why.
        """
        text = getattr(text, "repo_id", text)
        if not isinstance(text, str):
            raise InvalidRepoIdError(f"A repository id is a text such as 'me/my-model', not {text!r}.")
        if type is not None and type not in REPO_TYPES:
            raise InvalidRepoIdError(
                f"{type!r} is not a repository type; use one of {', '.join(map(repr, REPO_TYPES))}."
                + did_you_mean(str(type), REPO_TYPES)
            )
        owner, slash, name = text.rpartition("/")
        owner_objection = _part_objection if any_owner else _name_objection
        if reason := (owner_objection(owner) if slash else None) or _name_objection(name):
            raise InvalidRepoIdError(f"{text!r} is not a repository id: {reason}. {_advice(text)}")
        return cls(owner if slash else namespace, name, type or "model")

    @property
    def key(self) -> str:
        """The id without regard to case, by which a hub tells repositories apart."""
        return f"{self.type}s/{self.namespace}/{self.name}".lower()

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def _advice(text: str) -> str:
    id, at, revision = text.partition("@")
    if at and revision:
        return f"Give the revision apart: {id!r} with revision={revision!r}."
    return "Use 'namespace/name' or 'name', of letters, digits, '-', '_' and '.'."


def _name_objection(part: str) -> str | None:
    if not part:
        return "a name in it is empty"
    if len(part) > _MAX_NAME:
        return f"{part[:20]!r}… is longer than {_MAX_NAME} characters"
    if "--" in part or ".." in part:
        return f"{part!r} has '--' or '..' in it"
    if not _NAME.fullmatch(part):
        return f"{part!r} has a character that is not allowed, or begins or ends with '-' or '.'"
    if part.lower().endswith((".git", ".ipynb")):
        return f"{part!r} ends with {part[part.rindex('.') :]!r}"
    return None


def _part_objection(part: str) -> str | None:
    """Return why a text can not be one part of every path: of an address, and of a folder."""
    if not part or len(part) > _MAX_NAME:
        return _name_objection(part)
    if part in (".", "..") or not part.isprintable() or any(character in part for character in "/\\"):
        return f"{part!r} can not be one part of a path"
    return None


def spelled_owner(namespace: str) -> str:
    """Return a namespace as an address has it: one that another system gave may have characters to be escaped."""
    return quote(namespace, safe="@!$&'()*+,;=:")


def is_commit_id(text: str) -> bool:
    """Return whether ``text`` is a full commit id: 40 lower-case hexadecimal digits."""
    return _COMMIT_ID.fullmatch(text) is not None


def may_be_short_commit_id(text: str) -> bool:
    """Return whether ``text`` may be the beginning of a commit id: 4 to 39 hexadecimal digits."""
    return _SHORT_COMMIT_ID.fullmatch(text) is not None


def check_ref_name(name: str, what: str = "branch") -> str:
    """Return ``name`` when a branch or tag may be called so.

    The grammar is narrower than git's (``git-check-ref-format``): printable ASCII letters, digits and ``._-/+=@``,
    and nothing that reads as a commit id.

    Raises:
        InvalidRevisionError: When it may not; the message says why.
    """
    bad = (
        not isinstance(name, str)
        or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._\-/+=@]*", name or "", re.ASCII)
        or any(s in name for s in ("..", "//", "@{", "/."))
        or name.endswith(("/", ".", ".lock"))
        or ".lock/" in name
        or len(name) > 200
    )
    if bad:
        raise InvalidRevisionError(
            f"{name!r} can not be the name of a {what}; use letters, digits and '._-/+=@', such as 'v1.0'."
        )
    if is_commit_id(name) or name.startswith("refs/") or name == "HEAD":
        raise InvalidRevisionError(f"{name!r} can not be the name of a {what}: it already has a meaning in git.")
    return name


def check_revision(revision: object) -> str:
    """Return a text that may be a revision.

    Raises:
        InvalidRevisionError: When it is none, or empty.
    """
    if not isinstance(revision, str) or not revision:
        raise InvalidRevisionError(f"A revision is the name of a branch or tag, or a commit id, not {revision!r}.")
    return revision


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file's bytes are: their SHA-256, as 64 hexadecimal digits, and their count."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder of one commit.

    Attributes:
        path (`str`): Names joined by ``/``, relative to the root of the repository.
        oid (`str`): The git object id of the blob or tree.
        size (`int`): Bytes of the file's content; 0 for a folder.
        sha256 (`str`, *optional*): The content's digest when its bytes are a large file, kept outside of git.
        is_folder (`bool`): Whether it is a folder.
        pointer_size (`int`): Bytes of the git blob when that is an LFS pointer, else 0.
        commit (`str`): The commit that it was looked up in, by which a hub on the network finds its bytes. Two entries
            of the same content are equal whatever their commits.
    """

    path: str
    oid: str
    size: int = 0
    sha256: str | None = None
    is_folder: bool = False
    pointer_size: int = 0
    commit: str = field(default="", compare=False)

    @property
    def etag(self) -> str:
        """The name of the content: its SHA-256 for a large file, the git blob id for any other."""
        return self.sha256 or self.oid


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: the state of every file at one time, under a name that never means anything else."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    title: str
    body: str
    author: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Ref:
    """A name that points at a commit: ``refs/heads/main``, ``refs/tags/v1`` or ``refs/pr/1``."""

    name: str
    target: str

    @property
    def short(self) -> str:
        """The name as users write it: ``main``, ``v1``, ``refs/pr/1``."""
        return re.sub(r"^refs/(heads|tags)/", "", self.name)


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One line of a push: a full reference name, where it was, and where it is to be; None for "not there"."""

    name: str
    old: str | None
    new: str | None


PullRequestStatus: TypeAlias = Literal["draft", "open", "closed", "merged"]
Gate: TypeAlias = Literal["auto", "manual"]
Sort: TypeAlias = Literal["last_modified", "created_at", "likes", "downloads", "trending"]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The number of a proposed change, by which `Hub.discussion` tells more of it."""

    number: int

    @property
    def ref(self) -> str:
        """The git reference of the proposed commits."""
        return f"refs/pr/{self.number}"


@dataclass(frozen=True, slots=True)
class RepoFacts:
    """What the files on a repository's default branch say of it, kept by the hub so that it can be searched.

    Attributes:
        card: The metadata of the card, as plain values; empty when there is none that can be read.
        tags (`tuple[str, ...]`): Words to find it by: those of the card, and those that follow from its license,
            languages, data sets, base models, library and files.
        pipeline_tag (`str`, *optional*): Its task.
        library_name (`str`, *optional*): The library that loads it.
        config: Of ``config.json`` what tells kinds of models apart (``architectures``, ``model_type``).
        parameters: How many numbers its safetensors files hold, by data type as these spell it (``{"F32": 1000}``).
        gguf: What its first GGUF file says: ``total`` parameters, ``architecture`` and ``context_length``.
    """

    card: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    library_name: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    gguf: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RepoInfo:
    """What the hub knows of a repository as a whole.

    Attributes:
        repo (`RepoId`): Its name now, in the case in which it was given.
        private (`bool`): Whether only its owners may see it.
        created_at (`datetime`): When it was created, in UTC.
        last_modified (`datetime`): When its last commit, branch or tag was made, in UTC.
        head (`str`, *optional*): The commit id of its default branch.
        storage (`int`): Bytes of its large files, each counted once.
        id (`str`): A name that stays when it is renamed, and is never given again.
        creator (`str`): The user who created it; empty where the hub does not know.
        gated (`str`, *optional*): `"auto"` or `"manual"` when its files are only for those who asked for access.
        likes (`int`): How many users like it.
        downloads (`int`): How often its files were downloaded in the last 30 days.
        facts (`RepoFacts`): What its files say of it.
    """

    repo: RepoId
    private: bool
    created_at: datetime
    last_modified: datetime
    head: str | None
    storage: int = 0
    id: str = ""
    creator: str = ""
    gated: Gate | None = None
    likes: int = 0
    downloads: int = 0
    facts: RepoFacts = field(default_factory=RepoFacts)


@dataclass(frozen=True, slots=True)
class AddFile:
    """Put a file at ``path``, new or in place of the one that is there.

    Attributes:
        path (`str`): Where in the repository.
        source (`bytes`, `Path` or `Digest`): The content, or the file that holds it; or the digest of a large file that
            the hub has received for this repository (`ServedHub.receive`), or that the repository links already.
        digest (`Digest`, *optional*): What the content is, when that is known from writing it.
        adopt (`bool`): The hub may take the source file itself, by renaming it. Only for a file below the hub's own
            `staging()` folder; it is gone after the commit.
    """

    path: str
    source: bytes | Path | Digest
    digest: Digest | None = None
    adopt: bool = False


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """Remove the file at ``path``, which must be there."""

    path: str


@dataclass(frozen=True, slots=True)
class DeleteFolder:
    """Remove the folder at ``path``, which must be there, and everything below it."""

    path: str


@dataclass(frozen=True, slots=True)
class CopyFile:
    """Put at ``path`` what ``source`` is at ``revision`` (the branch that is committed to, when None)."""

    path: str
    source: str
    revision: str | None = None


Change: TypeAlias = AddFile | DeleteFile | DeleteFolder | CopyFile


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did.

    Attributes:
        commit (`Commit`): The commit that the reference is at now.
        ref (`str`): The full name of that reference, such as ``refs/heads/main``.
        changed (`bool`): False when the repository already was as asked for; then no commit was made.
        pull_request (`PullRequest`, *optional*): The pull request that was opened.
    """

    commit: Commit
    ref: str
    changed: bool
    pull_request: PullRequest | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which repositories to list, and in which order.

    Attributes:
        type (`str`): Kind of repository.
        author (`str`, *optional*): Only those in this namespace.
        search: Only those whose id has all of these texts in it, without regard to case.
        tags: Only those that have all of these tags.
        pipeline_tag (`str`, *optional*): Only those of this task.
        library (`str`, *optional*): Only those of this library.
        gated (`bool`, *optional*): Only those that are gated, or that are not.
        min_parameters, max_parameters (`int`, *optional*): Only those with so many parameters.
        sort (`str`): By what to sort.
        ascending (`bool`): Smallest first rather than largest.
        limit (`int`, *optional*): At most so many.
        after (`str`, *optional*): Only those that come after the one whose `RepoInfo.id` this is, in this order.
        private_in (*optional*): Private ones only when their namespace, in lower case, is among these; all, when None.
    """

    type: RepoType = "model"
    author: str | None = None
    search: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    library: str | None = None
    gated: bool | None = None
    min_parameters: int | None = None
    max_parameters: int | None = None
    sort: Sort = "last_modified"
    ascending: bool = False
    limit: int | None = None
    after: str | None = None
    private_in: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who makes a commit: a name and an e-mail address, as git writes them."""

    name: str
    email: str = field(default="")

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


Changes: TypeAlias = Sequence[Change]
