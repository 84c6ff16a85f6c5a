"""The arguments that a model was constructed with, kept from before `__init__` for its config.json."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass, field
from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.parameters import Parameters
from anyhub.models.config.values import Coders, fields_snapshot, plain, snapshot

CONFIG = "config"
"""The parameter that stands for a whole configuration."""

_UNCHANGING = frozenset((type(None), bool, int, float, complex, str, bytes))


@dataclass
class Capture:
    """What one model was constructed with; it shares nothing with the caller that can change.

    Attributes:
        config: The ``config`` argument: a copy of a dataclass, the `snapshot` of anything else that is an object in
            JSON, or None.
        arguments (`dict`): Snapshots of the other arguments, and of the defaults of those not given, by the names in
            `Parameters.named`.
        lost (`list[str]`): The names of arguments that can not be kept.
        passed: The object that was passed as ``config``, which somebody may change; not kept by copies of the model.
    """

    config: Any = None
    arguments: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    passed: Any = field(default=None, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "passed": None}

    def view(self) -> Any:
        """Return it as one configuration: the dataclass, or a new flat dict in which ``config`` wins, or None."""
        if is_dataclass_value(self.config):
            return self.config
        return {**plain(self.arguments), **(plain(self.config) or {})} or None


def capture(model_class: type, args: tuple[Any, ...], kwargs: dict[str, Any], coders: Coders) -> Capture:
    """Return what is to be remembered of the call ``model_class(*args, **kwargs)``."""
    parameters = Parameters.of(model_class)
    given = parameters.bind(args, kwargs)
    captured = Capture()
    for name in [*parameters.named, *(given.keys() - parameters.named.keys())]:
        default = parameters.default(name)
        _remember(captured, name, given.get(name, default), default, coders)
    return captured


def _remember(captured: Capture, name: str, value: Any, default: Any, coders: Coders) -> None:
    if name == CONFIG:
        captured.passed = value
    if name == CONFIG and is_dataclass_value(value):
        captured.config = _copied(value)
        return
    if name == CONFIG:
        part, lost = fields_snapshot(value, coders)
        captured.lost += [f"{CONFIG}.{key}" for key in lost]
    else:
        part = snapshot(value, coders)
    if part is NOT_STORABLE:
        if value is not default:  # the default comes back by itself
            captured.lost.append(name)
    elif name == CONFIG and (type(plain(part)) is dict or (part is None and default is None)):
        captured.config = part
    else:
        captured.arguments[name] = part


def is_dataclass_value(value: Any) -> bool:
    """Return whether a value is an instance of a dataclass."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _copied(value: Any) -> Any:
    """Copy a value as deep as it is made of what can be kept; what else is in it is shared."""
    if type(value) in _UNCHANGING:
        return value
    if is_dataclass_value(value):
        twin = copy.copy(value)
        for item in dataclasses.fields(value):
            if hasattr(value, item.name):
                object.__setattr__(twin, item.name, _copied(getattr(value, item.name)))  # it may be frozen
        return twin
    if type(value) in (list, set, tuple, frozenset):
        return type(value)(map(_copied, value))
    if type(value) is dict:
        return {key: _copied(content) for key, content in value.items()}
    return value if snapshot(value, {}) is NOT_STORABLE else copy.deepcopy(value)
