"""A hub in memory: for tests and for trying things out, gone with the object."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from anyhub import temporary
from anyhub.content.memory import MemoryBlobStore
from anyhub.git.packs import MemoryPackStore
from anyhub.hub.sql.database import Database
from anyhub.hub.stored import StoredHub


class MemoryHub(StoredHub):
    """A hub that leaves nothing behind. What is staged for it lies in the system's temporary folder for a moment."""

    def __init__(self) -> None:
        endpoint = f"memory:{secrets.token_hex(4)}"
        super().__init__(endpoint, endpoint, Database(None), MemoryBlobStore(), MemoryPackStore(), _staging)


def _staging() -> AbstractContextManager[Path]:
    return temporary.scratch(Path(tempfile.gettempdir()))
