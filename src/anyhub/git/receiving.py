"""What git sends when somebody pushes: which references are to move, and a pack, which is checked before it is used.

No ``git receive-pack`` is run, and no hook: the hub decides on references itself, in its own transaction. Source: the
Git documentation, "gitprotocol-pack" (pushing data to a server) and "gitprotocol-capabilities".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from anyhub import files
from anyhub.errors import CorruptFileError, DiskFullError, HubError, TooLargeError, ValidationError
from anyhub.git.process import Git
from anyhub.values import RefUpdate, is_commit_id
from anyhub.wire.pktline import FLUSH, PROGRESS_BAND, Packets, on_band, packet

CAPABILITIES = "report-status delete-refs side-band-64k quiet atomic ofs-delta object-format=sha1 agent=anyhub"
MAX_COMMANDS = 10_000
MAX_OBJECTS = 10_000_000
MAX_PACK_BYTES = 32 * 2**30
MAX_SKIPPED_BYTES = 256 * 2**20

_SECONDS = 3600.0
_MEMORY_BYTES = 2 * 2**30
_LEAST_CPU_SECONDS = 20
_BYTES_PER_CPU_SECOND = 2**20
_NOTHING = "0" * 40
_DATA_BAND = 1
_MAX_REASON = 200
_PACK_HEADER = 12
_NOT_FOR_TERMINALS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Push:
    """A push as it came.

    Attributes:
        commands: What is to be done.
        capabilities: What the client chose of those that it was offered.
        pack: The bytes that follow, to be read once.
    """

    commands: tuple[RefUpdate, ...]
    capabilities: frozenset[str]
    pack: Packets


def advertisement(references: Sequence[tuple[str, str]]) -> bytes:
    """Return what a client is told before it pushes.

    Args:
        references: Each by its full name and the id that it has.
    """
    first, *others = [f"{oid} {name}" for name, oid in references] or [f"{_NOTHING} capabilities^{{}}"]
    lines = [f"{first}\0{CAPABILITIES}", *others]
    told = b"".join(packet(f"{line}\n".encode()) for line in lines)
    return packet(b"# service=git-receive-pack\n") + FLUSH + told + FLUSH


def read_push(chunks: Iterable[bytes]) -> Push:
    """Read the commands of a push.

    Args:
        chunks: The body of the request.

    Raises:
        ValidationError: When it is malformed.
        TooLargeError: When there are more than `MAX_COMMANDS` commands.
    """
    packets = Packets(chunks)
    commands: list[RefUpdate] = []
    capabilities: frozenset[str] = frozenset()
    for line in packets.section(MAX_COMMANDS):
        text, _, offered = line.partition(b"\0")
        if text.startswith(b"shallow "):
            continue  # where the client's history ends; what is pushed has to be connected with ours all the same
        if not commands:
            capabilities = frozenset(offered.decode("ascii", "replace").split())
        commands.append(_command(text))
    if len({command.name for command in commands}) < len(commands):
        raise ValidationError("A push names each reference once; this one names one of them twice.")
    return Push(tuple(commands), capabilities, packets)


def _command(line: bytes) -> RefUpdate:
    try:
        old, new, name = line.decode().rstrip("\n").split(" ", 2)
    except ValueError:
        raise ValidationError("A command of the push is not of the form 'old new name'. Use git to push.") from None
    if not is_commit_id(old) or not is_commit_id(new) or not name.startswith("refs/") or not name.isprintable():
        raise ValidationError("A command of the push is not of the form 'old new name'. Use git to push.")
    return RefUpdate(name, None if old == _NOTHING else old, None if new == _NOTHING else new)


def check_names(commands: Iterable[RefUpdate]) -> None:
    """Refuse references that a hub does not keep.

    Raises:
        ValidationError: Names the first one.
    """
    for command in commands:
        if not command.name.startswith(("refs/heads/", "refs/tags/", "refs/pr/")):
            raise ValidationError(
                f"The hub keeps no reference {command.name!r}. Push branches, tags, or pull requests (refs/pr/N)."
            )


def receive_pack(push: Push, git_dir: Path, folder: Path) -> Path:
    """Write the pack of a push as a git object directory, after a strict check of every object in it.

    Args:
        push (`Push`): A push, of which only the commands have been read.
        git_dir (`Path`): The repository; what the pack builds on is looked up there.
        folder (`Path`): An empty folder.

    Returns:
        `Path`: The object directory, with one pack that is whole, or none when no object came.

    Raises:
        CorruptFileError: When git finds fault with the pack; says which.
        TooLargeError: When it has more bytes or objects than are taken at once.
    """
    objects = folder / "objects"
    for name in ("info", "pack"):
        files.make_folder(objects / name)
    with files.create(objects / "info/alternates", hashing=False) as writer:
        writer.write(f"{git_dir / 'objects'}\n".encode())
    if _count(push.pack.peek(_PACK_HEADER)):
        _index(push.pack.rest(), git_dir, objects)
    else:
        skip(push)
    return objects


def skip(push: Push) -> None:
    """Read the rest of a push and throw it away, so that the client is listening when it is answered.

    Who goes on for longer than `MAX_SKIPPED_BYTES` is answered all the same, and hears of it when the connection ends.
    """
    skipped = 0
    for piece in push.pack.rest():
        skipped += len(piece)
        if skipped > MAX_SKIPPED_BYTES:
            return


def _count(header: bytes) -> int:
    """Return how many objects a pack has; none when there is no pack."""
    if not header:
        return 0
    if len(header) < _PACK_HEADER or header[:8] not in (b"PACK\0\0\0\2", b"PACK\0\0\0\3"):
        raise CorruptFileError("What follows the commands of the push is not a pack. Push again.")
    count = int.from_bytes(header[8:])
    if count > MAX_OBJECTS:
        raise TooLargeError(f"A push has at most {MAX_OBJECTS:,} objects, not {count:,}. Push older commits first.")
    return count


def _index(pack: Iterator[bytes], git_dir: Path, objects: Path) -> None:
    command = ("index-pack", "--stdin", "--fix-thin", "--strict", f"--max-input-size={MAX_PACK_BYTES}")
    with Git(git_dir, *command, seconds=_SECONDS, environment={"GIT_OBJECT_DIRECTORY": str(objects)}) as git:
        git.feed(_limited(pack, git))
        git.output(2**20)
        if git.wait():
            raise _too_much_work() if git.ran_out else _fault(git.complaint)


def _limited(pack: Iterator[bytes], git: Git) -> Iterator[bytes]:
    """Bound what a pack of few bytes can make git allocate and compute, from before its first byte has been sent.

    A few bytes can stand for an object of gigabytes, and a few more for the next one; the time that git may take grows
    with the bytes that came.
    """
    came = 0
    for piece in chain((b"",), pack):
        came += len(piece)
        seconds = min(_LEAST_CPU_SECONDS + came // _BYTES_PER_CPU_SECOND, _SECONDS)
        git.limit(memory=_MEMORY_BYTES, seconds=seconds)
        yield piece


def _too_much_work() -> TooLargeError:
    return TooLargeError(
        f"The push takes more than {_LEAST_CPU_SECONDS} seconds or {_MEMORY_BYTES:,} bytes of memory to unpack, and"
        " more than its size accounts for. Push fewer commits at once, or repack with `git repack -adf --depth=10`."
    )


def _fault(complaint: str) -> HubError:
    lines = [line for line in complaint.splitlines() if line.startswith(("error:", "fatal:"))]
    said = (lines or ["it was stopped"])[0].split(": ", 1)[-1]
    if "exceeds maximum allowed size" in complaint:
        return TooLargeError(f"A push has at most {MAX_PACK_BYTES:,} bytes. Push older commits first.")
    if "No space left" in complaint:
        return DiskFullError("The disk of the hub is full; nothing was changed. Free some space there, and push again.")
    return CorruptFileError(f"git found fault with what was pushed: {said[:300]}. Look with `git fsck --strict`.")


def report(push: Push, error: HubError | None) -> bytes:
    """Return what a client is told of a push that was done, or refused, as a whole.

    Args:
        push (`Push`): The push.
        error (`HubError`, *optional*): Why it was refused; its sentence is shown in the user's terminal.
    """
    said = b"" if error is None else _NOT_FOR_TERMINALS.sub("?", error.message).encode() + b"\n"
    lines = [packet(b"unpack ok\n"), *(packet(_result(command, error)) for command in push.commands), FLUSH]
    status = b"".join(lines) if "report-status" in push.capabilities else b""
    if "side-band-64k" not in push.capabilities:
        return status
    return on_band(PROGRESS_BAND, said) + on_band(_DATA_BAND, status) + FLUSH


def _result(command: RefUpdate, error: HubError | None) -> bytes:
    if error is None:
        return f"ok {command.name}\n".encode()
    sentence = error.message.partition(". ")[0]  # what to do next is told beside it, in full
    reason = " ".join(_NOT_FOR_TERMINALS.sub("?", sentence).split())
    return f"ng {command.name} {reason[:_MAX_REASON]}\n".encode()
