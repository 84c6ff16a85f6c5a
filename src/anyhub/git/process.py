"""Running git: with nobody's configuration, no hooks, no way to the network, and never longer than it may."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from anyhub.errors import TooLargeError, UnsupportedError

PIPE_BYTES = 2**20
_COMPLAINT_BYTES = 4096
_JOIN_SECONDS = 5.0
_MOST_CPU_SECONDS = 3600
_OUT_OF_TIME = 24
"""SIGXCPU on Linux, by which a process ends that has used its time."""
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.fsync=none",  # what git writes here is thrown away, or synced when it is published
    "core.bigFileThreshold=16m",  # a larger blob is never whole in memory
    "gc.auto=0",
    "protocol.allow=never",
    "uploadpack.allowFilter=true",
    "uploadpack.allowAnySHA1InWant=true",  # a partial clone asks for blobs by id; the repository is readable as a whole
)


class Git:
    """One run of git, with pipes to and from it. Used as a context, it has ended when the body has.

    Args:
        git_dir (`Path`): The repository.
        arguments: The command and what follows it.
        seconds (`float`): For how long it may run; then it is killed.
        environment (*optional*): Further variables.

    Raises:
        UnsupportedError: When git is not installed.
    """

    def __init__(
        self, git_dir: Path, *arguments: str, seconds: float, environment: Mapping[str, str] | None = None
    ) -> None:
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        try:
            self._process = subprocess.Popen(
                ["git", *settings, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pipesize=PIPE_BYTES if sys.platform == "linux" else -1,
                env=_environment() | {"GIT_DIR": str(git_dir)} | dict(environment or {}),
                cwd=git_dir,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise UnsupportedError(
                "git is not installed where the hub is, which needs it for this. Install it there."
            ) from None
        self.pid = self._process.pid
        self._said = b""
        self._feeder: threading.Thread | None = None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._watch = threading.Timer(seconds, self._kill)
        self._watch.daemon = True
        self._watch.start()

    def limit(self, *, memory: int, seconds: float) -> None:
        """Bound the bytes that it may allocate, and the seconds that it may compute; the last call of them counts.

        It ends by itself beyond them: `ran_out` tells. Only Linux bounds another process.
        """
        if sys.platform != "linux":
            return
        import resource

        with suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(self.pid, resource.RLIMIT_DATA, (memory, memory))
            resource.prlimit(self.pid, resource.RLIMIT_CPU, (int(seconds), _MOST_CPU_SECONDS))

    def feed(self, chunks: Iterable[bytes]) -> None:
        """Write chunks to its input and close that; the rest is passed over when git wants no more."""
        assert self._process.stdin
        for chunk in chunks:
            left = memoryview(chunk)
            with suppress(BrokenPipeError, ValueError):  # it has ended, or was closed meanwhile
                while left:
                    left = left[self._process.stdin.write(left) :]
        with suppress(OSError):
            self._process.stdin.close()

    def feed_later(self, data: bytes) -> None:
        """Write to its input while its output is read."""
        self._feeder = threading.Thread(target=self.feed, args=((data,),), daemon=True)
        self._feeder.start()

    def read(self) -> bytes:
        """Return what there is of its output, once there is something; nothing at the end, and once it is closed."""
        assert self._process.stdout
        if self._process.stdout.closed:
            return b""
        return self._process.stdout.read(PIPE_BYTES) or b""

    def output(self, most: int) -> bytes:
        """Return its whole output.

        Raises:
            TooLargeError: When it is longer than ``most`` bytes.
        """
        pieces, size = [], 0
        while piece := self.read():
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise TooLargeError(f"What git answered is longer than {most:,} bytes.")
        return b"".join(pieces)

    def wait(self) -> int:
        """Wait until it ends, and return its exit status."""
        return self._process.wait()

    @property
    def ran_out(self) -> bool:
        """Whether it has ended because it computed for longer than it might, or lacked memory that it may not have."""
        if self._process.poll() == -_OUT_OF_TIME:
            return True
        return self._process.poll() not in (None, 0) and "memory" in self.complaint.lower()

    @property
    def complaint(self) -> str:
        """The end of what it said was wrong, once it has ended."""
        self._listener.join(_JOIN_SECONDS)
        return self._said.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End it and what it started, when they have not ended."""
        self._watch.cancel()
        if self._process.poll() is None:
            self._kill()
        self._process.wait()
        if self._feeder is not None:
            self._feeder.join(_JOIN_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def __enter__(self) -> Git:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        assert self._process.stderr
        with self._process.stderr as stream, suppress(OSError, ValueError):
            while piece := stream.read(_COMPLAINT_BYTES):
                self._said = (self._said + piece)[-_COMPLAINT_BYTES:]

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Return what git may know of the machine: where programs are, and nothing of whoever runs the hub."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
