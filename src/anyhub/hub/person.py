"""Who sits at the keyboard: the namespace of bare names, and the author of commits, where there are no accounts."""

from __future__ import annotations

import getpass
import re

from anyhub.values import Signature


def name_at_the_keyboard() -> str:
    """Return the login name of the person running this, in the letters that a namespace may have."""
    try:
        login = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a user id without a name
        login = "user"
    name = re.sub(r"[^A-Za-z0-9_]+", "-", login, flags=re.ASCII).strip("-")
    return name[:96] or "user"


def signature() -> Signature:
    """Return who makes the commits of this process."""
    name = name_at_the_keyboard()
    return Signature(name, f"{name}@localhost")
