"""What a model is saved with, and how that differs from what it is loaded with: Python, its framework, its library."""

from __future__ import annotations

import functools
import logging
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

logger = logging.getLogger(__name__)

_NAMES = {"python": "Python"}
_PUBLIC = re.compile(r"[0-9A-Za-z.!_-]{1,60}")  # "2.13.0+cpu" is 2.13.0, built for a machine without a GPU


def environment_of(model_class: type) -> dict[str, str]:
    """Return the versions that a model of a class depends on, by name; what is not installed is left out.

    Args:
        model_class (`type[ModelHubMixin]`): Its ``_hub_mixin_packages`` count, and the library that defines it.
    """
    return {name: version for name in _names_for(model_class) if (version := _version_of(name))}


def _names_for(model_class: type) -> list[str]:
    packages: tuple[str, ...] = getattr(model_class, "_hub_mixin_packages", ())
    library = model_class.__module__.partition(".")[0]
    return list(dict.fromkeys(("python", "anyhub", *packages, *([library] if library != "__main__" else []))))


def _version_of(name: str) -> str | None:
    if name == "python":
        return platform.python_version()
    stated = getattr(sys.modules.get(name), "__version__", None)
    public = _PUBLIC.match(str(stated or _installed(name) or ""))
    return public[0] if public else None


@functools.cache
def _installed(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):  # a name that no distribution can have
        return None


@dataclass(frozen=True)
class Difference:
    """How the environment of a model at loading is not the one in which it was saved.

    Attributes:
        model_id (`str`): The model.
        then (`Mapping[str, str]`): The versions at saving, of what has another one now.
        now (`Mapping[str, str]`): The versions at loading.
    """

    model_id: str
    then: Mapping[str, str]
    now: Mapping[str, str]

    @classmethod
    def between(cls, model_id: str, saved: Mapping[str, str], model_class: type) -> Difference | None:
        """Compare what a checkpoint says with what is here; only what the class itself names is looked at.

        Returns:
            `Difference`, *optional*: None when all versions that are known on both sides are the same.
        """
        known = [name for name in _names_for(model_class) if name in saved]
        then = {name: public[0] for name in known if (public := _PUBLIC.fullmatch(saved[name]))}
        now = {name: _version_of(name) for name in then}
        changed = {name: version for name, version in now.items() if version and version != then[name]}
        return cls(model_id, {name: then[name] for name in changed}, changed) if changed else None

    @property
    def is_large(self) -> bool:
        """Whether more than the last part of a version, the patch, is another one."""
        return any(_release(self.then[name]) != _release(self.now[name]) for name in self.now)

    def tell(self) -> None:
        """Log it: as a warning when it is large."""
        logger.log(logging.WARNING if self.is_large else logging.INFO, "%s", self)

    def __str__(self) -> str:
        return (
            f"{self.model_id!r} was saved with {_listed(self.then)}; this is {_listed(self.now)}. If it does not load, "
            "or behaves differently, install those versions, or save it again with these."
        )


def _release(version: str) -> list[str]:
    return version.split(".")[:2]


def _listed(versions: Mapping[str, str]) -> str:
    named = [f"{_NAMES.get(name, name)} {version}" for name, version in versions.items()]
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
