"""A real hub on a loopback port, for the time of a test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anyhub.server.embedded import RunningHub


@contextmanager
def running_hub(directory: str | Path | None = None, **settings: Any) -> Iterator[RunningHub]:
    """Run a hub that stock clients, git and anyhub's own client can be pointed at.

    Args:
        directory (`str` or `Path`, *optional*): Where the hub lies; a folder that is removed afterwards, when None.
        settings: Of `anyhub.server.settings.Settings`, such as ``anonymous_read=True``.

    Returns:
        The hub: ``endpoint`` is its address, ``admin_token`` opens everything, ``create_user(name)`` returns the token
        of a new user, and ``hub`` is the hub itself, for looking at what was done.

    Raises:
        MissingDependencyError: When the extra ``server`` is not installed.
    """
    from anyhub.server.extra import check_installed

    check_installed()
    from anyhub.server.embedded import RunningHub
    from anyhub.server.settings import Settings

    with ExitStack() as rest:
        if directory is None:
            directory = rest.enter_context(tempfile.TemporaryDirectory(prefix="anyhub-"))
        yield rest.enter_context(RunningHub(Path(directory), Settings(**settings)))
