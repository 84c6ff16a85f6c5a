"""Whether the packages are there that a server needs and the rest of anyhub does not."""

from __future__ import annotations

from importlib.util import find_spec

from anyhub.errors import MissingDependencyError

_PACKAGES = {"argon2": "argon2-cffi", "httptools": "httptools", "uvicorn": "uvicorn"}


def check_installed() -> None:
    """Do nothing when all are there.

    Raises:
        MissingDependencyError: When one is missing; names the extra to install.
    """
    for module, package in _PACKAGES.items():
        if find_spec(module) is None:
            raise MissingDependencyError(f"A server needs the package {package!r}. Install `anyhub[server]`.")
