"""Which hub a user chose with `anyhub use`: one line of JSON in `home()`."""

from __future__ import annotations

import json
from pathlib import Path

from anyhub import files, temporary
from anyhub.errors import CorruptFileError

_NAME = "use.json"
_MAX_BYTES = 100_000


def chosen_endpoint(home: Path) -> str | None:
    """Return the address of the chosen hub, or None when none was chosen.

    Raises:
        CorruptFileError: When the file is not one that `choose_endpoint` wrote.
    """
    path = home / _NAME
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        content = None
    endpoint = content.get("endpoint") if isinstance(content, dict) else None
    if not isinstance(endpoint, str) or not endpoint:
        raise CorruptFileError(f"{path} does not say which hub to use. Run `anyhub use` again.")
    return endpoint


def choose_endpoint(home: Path, endpoint: str | None) -> None:
    """Choose the hub of calls that name none; the usual one again, when None.

    Raises:
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    files.make_folder(home)
    with temporary.locked(home):
        if endpoint is None:
            files.remove(home / _NAME)
        else:
            files.write(home / _NAME, json.dumps({"endpoint": endpoint}) + "\n")
