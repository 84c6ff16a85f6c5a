"""What a config.json and a class do not have in common: arguments that are missing, lost, or not taken."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from anyhub.constants import CONFIG_NAME
from anyhub.errors import MissingArgumentError, UnexpectedArgumentError, did_you_mean
from anyhub.models.config.flat import kept_apart
from anyhub.models.config.parameters import Parameters
from anyhub.models.failing import noted_on_failure

logger = logging.getLogger(__name__)

_SHOWN = 10


def warn_of_lost(model_class: type, lost: Collection[str], content: Any, untyped: Collection[str] = ()) -> None:
    """Name in a warning what a config.json was to hold and does not, and what comes back as plain JSON.

    Args:
        model_class (`type`): The class of the model.
        lost, content, untyped: As `Stored` has them.
    """
    missing = [name for name in lost if not (isinstance(content, dict) and content.get(name) is not None)]
    if missing:
        logger.warning(
            "%s of %s does not hold %s: JSON has no form for such values. Give the class "
            "coders={type: (encode, decode)}, or pass them to from_pretrained again.",
            CONFIG_NAME,
            model_class.__name__,
            listed(missing),
        )
    if untyped:
        logger.warning(
            "%s of %s holds %s as plain JSON, and that is what will come back: no type hint of %s.__init__ declares "
            "the class of such a value. Annotate the parameter with its class.",
            CONFIG_NAME,
            model_class.__name__,
            listed(untyped),
            model_class.__name__,
        )


def missing_arguments(model_class: type, arguments: Collection[str]) -> tuple[str, ...]:
    """Return the names of the parameters that have no default, and that ``arguments`` has none for."""
    return tuple(name for name in Parameters.of(model_class).required if name not in arguments)


def refuse_missing(model_class: type, names: Collection[str], origin: str = CONFIG_NAME) -> None:
    """Raise when there are names of arguments that a model can not be constructed without.

    Args:
        model_class (`type`): The class.
        names (`Collection[str]`): What `missing_arguments` returned.
        origin (`str`): What the file is called that does not have them.

    Raises:
        MissingArgumentError: When there are any; its ``names`` has them all.
    """
    if names:
        raise MissingArgumentError(
            f"{model_class.__name__} needs {listed(names)}, which {origin} does not hold; pass "
            f"{_as_keywords(model_class, names)} to from_pretrained.",
            names=list(names),
        )


def refuse_unexpected(model_class: type, names: Iterable[str], options: Iterable[str]) -> None:
    """Raise when there is a name of an argument that the `__init__` of a class does not take.

    Args:
        model_class (`type`): The class.
        names (`Iterable[str]`): The names that there are arguments for.
        options (`Iterable[str]`): What a caller may have meant beside the parameters of the class.

    Raises:
        UnexpectedArgumentError: When there is one; its ``names`` has them all.
    """
    parameters = Parameters.of(model_class)
    unexpected = [name for name in names if not parameters.takes(name)]
    if unexpected:
        hint = did_you_mean(unexpected[0], [*(name.lstrip("*") for name in parameters.named), *sorted(options)])
        raise UnexpectedArgumentError(
            f"{model_class.__name__} takes no {listed(unexpected)}, and from_pretrained has no such option; leave it "
            f"out, or correct the name.{hint}",
            names=unexpected,
        )


def ask_for_lost(model_class: type, lost: Collection[str], origin: str) -> None:
    """Ask for arguments that could not be stored: what has a default in a warning, for which others in an error.

    Raises:
        MissingArgumentError: When one has no default, or was given by ``*args``, without which it is another model.
    """
    required = missing_arguments(model_class, ())
    refuse_missing(model_class, [name for name in lost if name in required or name.startswith("*")], origin)
    if lost:
        logger.warning(
            "%s of %s does not hold %s, which could not be kept when it was saved, so the default is used; pass %s to "
            "from_pretrained.",
            origin,
            model_class.__name__,
            listed(lost),
            _as_keywords(model_class, dict.fromkeys(name.partition(".")[0] for name in lost)),
        )


def unused_keys(model_class: type, content: Any, types: Mapping[str, str]) -> list[str]:
    """Return the keys of a config.json that become no argument of a class.

    Args:
        model_class (`type`): The class.
        content: What `read` returned.
        types (`Mapping[str, str]`): As `Stored` has them.
    """
    parameters = Parameters.of(model_class)
    if parameters.open or not isinstance(content, dict):
        return []
    own, config = kept_apart(parameters, content, types)
    return [name for name in content if name not in own and name not in config]


@contextmanager
def unused_keys_noted(model_class: type, content: Any, types: Mapping[str, str]) -> Iterator[None]:
    """Name in a message what of a config.json a class does not take, and again in whatever error the body raises.

    Args:
        model_class, content, types: As for `unused_keys`.
    """
    unused = unused_keys(model_class, content, types)
    text = _told_of_unused(model_class, unused, content) if unused else ""
    if text:
        logger.info("%s", text)
    with noted_on_failure(text):
        yield


def _told_of_unused(model_class: type, unused: list[str], content: Any) -> str:
    free = [name for name in Parameters.of(model_class).named if name not in content]
    hints = (did_you_mean(name, free) for name in unused[:_SHOWN])
    return (
        f"{CONFIG_NAME} has {listed(unused)}, which {model_class.__name__} does not take."
        f"{next(filter(None, hints), '')}"
    )


def listed(names: Collection[str]) -> str:
    """Return names for a sentence: the first ten, and how many more there are."""
    shown = ", ".join(repr(name[:80]) for name, _ in zip(names, range(_SHOWN), strict=False))
    return f"{shown} and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else shown


def _as_keywords(model_class: type, names: Collection[str]) -> str:
    parameters = Parameters.of(model_class)
    plain = [name.lstrip("*") for name in names if name == parameters.stored_name(name.lstrip("*"))]
    others = [f'"{name}": […]' for name in names if name.lstrip("*") not in plain]
    return ", ".join([*(f"{name}=…" for name in plain), *([f"**{{{', '.join(others)}}}"] if others else [])])
