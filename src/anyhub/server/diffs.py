"""What two commits differ in, as ``git diff`` prints it: bounded in size and in time."""

from __future__ import annotations

from anyhub.errors import UnsupportedError
from anyhub.git.process import Git
from anyhub.hub.serving import ServedHub
from anyhub.values import RepoId, is_commit_id

MAX_BYTES = 10 * 2**20
MAX_SECONDS = 30.0

_CUT = "\n\\ The rest is left out, since a difference is shown up to {most:,} bytes; clone the repository to see it.\n"
# Nothing that is set up on this machine may change what is printed, nor run a program.
_FLAGS = ("--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "--find-renames", "--end-of-options")


def diff(hub: ServedHub, repo: RepoId, before: str, after: str) -> str:
    """Return what changed from one commit to another. Large files show as the pointers that git keeps of them.

    Args:
        hub (`ServedHub`): Where the repository is.
        repo (`RepoId`): Which repository.
        before, after (`str`): Full commit ids.

    Returns:
        Text as of ``git diff``, cut with a note after 10 MiB. What is not UTF-8 in it is replaced.

    Raises:
        UnsupportedError: When git needs more than 30 seconds, can not read the commits, or is not installed.
    """
    if not (is_commit_id(before) and is_commit_id(after)):
        raise UnsupportedError("A difference is between two commits, each given by its full id.")
    if before == after:
        return ""
    with (
        hub.git_dir(repo) as folder,
        Git(folder, "diff", *_FLAGS, before, after, seconds=MAX_SECONDS) as git,
    ):
        data = _output(git)
        is_cut = len(data) > MAX_BYTES
        if not is_cut and git.wait() != 0:
            raise UnsupportedError(
                f"git could not tell the difference within {MAX_SECONDS:.0f} s. Clone the repository."
            )
    text = data[:MAX_BYTES].decode("utf-8", "replace")
    return text + _CUT.format(most=MAX_BYTES) if is_cut else text


def _output(git: Git) -> bytes:
    """Return what git prints, up to a little more than the limit."""
    data = bytearray()
    while len(data) <= MAX_BYTES and (piece := git.read()):
        data += piece
    return bytes(data)
