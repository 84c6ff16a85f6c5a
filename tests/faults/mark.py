"""Where a child begins what is to be broken, as ``strace`` sees it."""

from __future__ import annotations

import os
from contextlib import suppress

MARK = "/anyhub-the-work-begins-here"


def begin() -> None:
    """Tell whoever traces this process that all before was the start of the interpreter."""
    with suppress(FileNotFoundError):
        os.close(os.open(MARK, os.O_RDONLY))
