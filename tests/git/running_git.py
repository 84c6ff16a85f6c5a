"""git, as users run it in tests."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str, data: bytes = b"") -> str:
    """Run git as a user would."""
    done = subprocess.run(
        ["git", "-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        input=data,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()
