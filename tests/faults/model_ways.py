"""The ways of saving a PyTorch model over another that are broken."""

from __future__ import annotations

from dataclasses import dataclass

REFUSED = 2
OWN = {"notes.txt": b"the user's own", "README.md": b"---\nlicense: mit\n---\n\n# Written by hand\n"}


@dataclass(frozen=True)
class Saved:
    """What is saved: weights that no other generation has, in files of at most so many bytes."""

    generation: int
    shard: str = "5GB"
    label: str = ""


@dataclass(frozen=True)
class Way:
    """What a folder holds, what is saved over it, and whether it can not be exchanged as a whole.

    Attributes:
        old (`Saved`, *optional*): None when there is no folder.
        new (`Saved`): What the save that is to be broken saves.
        in_use (`bool`): Whether it is the current folder of who saves.
        own (`tuple[str, ...]`): Which of the files in `OWN` the user has put there.
    """

    old: Saved | None
    new: Saved
    in_use: bool = False
    own: tuple[str, ...] = ("notes.txt",)


OLD, OLD_SHARDED = Saved(1, label="old"), Saved(1, "20KB", "old")
NEW, NEW_SHARDED = Saved(2, label="new"), Saved(2, "40KB", "new")
WAYS = {
    "fresh": Way(None, NEW, own=()),
    "fresh, shards": Way(None, NEW_SHARDED, own=()),
    "single": Way(OLD, NEW),
    "weights only": Way(OLD, Saved(2, label="old")),
    "own card": Way(OLD, NEW, own=tuple(OWN)),
    "fewer shards": Way(OLD_SHARDED, NEW_SHARDED, own=tuple(OWN)),
    "to a single": Way(OLD_SHARDED, NEW),
    "to shards": Way(OLD, NEW_SHARDED),
    "in use": Way(OLD_SHARDED, NEW_SHARDED, in_use=True, own=tuple(OWN)),
    "in use, single": Way(OLD_SHARDED, NEW, in_use=True),
}
