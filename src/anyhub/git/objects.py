"""Git objects: the bytes of blobs, trees and commits, and the ids that follow from them.

The formats are those of the Git documentation, "Git Internals – Git Objects"; dulwich writes and reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from anyhub.values import Commit, Signature

FILE_MODE = 0o100644
FOLDER_MODE = 0o040000

ObjectType = Literal["commit", "tree", "blob", "tag"]
TYPE_NUMBERS: dict[ObjectType, int] = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


@dataclass(frozen=True, slots=True)
class GitObject:
    """One immutable object: its type, its bytes, and the id that names them."""

    type: ObjectType
    data: bytes
    oid: str

    @classmethod
    def of(cls, type: ObjectType, data: bytes) -> GitObject:
        """Return the object of these bytes; its id is the SHA-1 of a short header and the bytes."""
        header = b"%s %d\0" % (type.encode(), len(data))
        return cls(type, data, hashlib.sha1(header + data, usedforsecurity=False).hexdigest())


class Node(NamedTuple):
    """One line of a tree, with what the hub knows of the content behind it."""

    name: str
    mode: int
    oid: str
    size: int = 0
    sha256: str | None = None
    pointer_size: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether the line names another tree."""
        return self.mode == FOLDER_MODE


def git_order(node: Node) -> bytes:
    """Return the key by which git sorts the lines of a tree: folders as if their names ended with a slash."""
    return node.name.encode() + (b"/" if node.is_folder else b"")


def tree_object(nodes: Iterable[Node]) -> GitObject:
    """Return the tree of these lines, in any order given."""
    from dulwich.objects import ObjectID, serialize_tree

    lines = ((node.name.encode(), node.mode, ObjectID(node.oid.encode())) for node in sorted(nodes, key=git_order))
    return GitObject.of("tree", b"".join(serialize_tree(lines)))


def commit_object(
    tree: str, parents: Sequence[str], who: Signature, when: datetime, title: str, body: str = ""
) -> tuple[GitObject, Commit]:
    """Return a commit both as git keeps it and as the rest of anyhub sees it.

    Args:
        tree (`str`): The id of the root tree.
        parents: Ids of the commits that came before.
        who (`Signature`): The author, who is the committer too.
        when (`datetime`): An aware time; kept in UTC, to the second.
        title, body (`str`): The message.
    """
    from dulwich.objects import Commit as DulwichCommit
    from dulwich.objects import ObjectID

    when = when.astimezone(UTC).replace(microsecond=0)
    raw = DulwichCommit()
    raw.tree = ObjectID(tree.encode())
    raw.parents = [ObjectID(parent.encode()) for parent in parents]
    raw.author = raw.committer = str(who).encode()
    raw.author_time = raw.commit_time = int(when.timestamp())
    raw.author_timezone = raw.commit_timezone = 0
    raw.encoding = b"UTF-8"
    raw.message = (f"{title}\n\n{body}\n" if body else f"{title}\n").encode()
    made = GitObject.of("commit", raw.as_raw_string())
    return made, Commit(made.oid, tree, tuple(parents), title, body, who.name, when)


def tag_object(name: str, target: str, who: Signature, when: datetime, message: str) -> GitObject:
    """Return an annotated tag of a commit.

    Args:
        name (`str`): The short name of the tag.
        target (`str`): The id of the commit.
        who (`Signature`): Who makes it.
        when (`datetime`): An aware time; kept in UTC, to the second.
        message (`str`): What is said of it.
    """
    head = f"object {target}\ntype commit\ntag {name}\ntagger {who} {int(when.timestamp())} +0000\n"
    return GitObject.of("tag", f"{head}\n{message.rstrip()}\n".encode())
