"""A user with git and git-lfs, as Debian has them, in front of a running hub."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GitUser:
    """Runs git in a home of its own, with a token as the password in the addresses that it uses."""

    home: Path
    endpoint: str
    name: str
    token: str

    def url(self, repo: str) -> str:
        """Return the address of a repository, with the token in it."""
        return self.endpoint.replace("://", f"://{self.name}:{self.token}@") + f"/{repo}"

    def git(self, *arguments: str | Path, at: Path | None = None, fails: bool = False) -> str:
        """Run git, and return what a terminal would show."""
        settings = {"user.name": self.name, "user.email": f"{self.name}@example.org", "init.defaultBranch": "main"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        done = subprocess.run(
            ["git", *words, *map(str, arguments)],
            cwd=at or self.home,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0",
                "GIT_LFS_FORCE_PROGRESS": "0",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        shown = done.stdout.decode("utf-8", "replace").strip()
        assert (done.returncode != 0) == fails, shown
        return shown

    def clone(self, repo: str, *options: str) -> Path:
        """Clone a repository to a new folder."""
        folder = self.home / f"clone-{len(list(self.home.iterdir()))}"
        self.git("clone", "-q", *options, self.url(repo), folder)
        return folder

    def commit(self, folder: Path, files: dict[str, bytes | None], message: str = "a change") -> str:
        """Write or remove files, commit them, and return the id of the commit."""
        for path, data in files.items():
            if data is None:
                (folder / path).unlink()
            else:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        self.git("add", "-A", at=folder)
        self.git("commit", "-q", "--allow-empty", "-m", message, at=folder)
        return self.git("rev-parse", "HEAD", at=folder)
