"""A captured configuration, with what was changed of it since the model was constructed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyhub.models.config.capture import CONFIG, Capture, is_dataclass_value
from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.values import Coders, Typed, fields_snapshot, plain, snapshot


def differs(captured: Capture, coders: Coders) -> bool:
    """Return whether the object that was passed as ``config`` says something else now than it did then."""
    if captured.passed is None or captured.config is None:
        return False
    now = fields_snapshot(captured.passed, coders)[0]
    then = captured.config
    if is_dataclass_value(then):
        then = fields_snapshot(then, coders)[0]
    return repr(plain(now)) != repr(plain(then))


def changed(captured: Capture, current: Any, coders: Coders) -> Capture:
    """Return a capture of the configuration that a model has now.

    Args:
        captured (`Capture`): What the model was constructed with.
        current (`Mapping`, *optional*): The configuration that it has now. Of what is in it as it was, the capture is
            kept, which knows the types.
        coders (`Mapping`): Encoders and decoders for types that JSON does not know.
    """
    before = captured.view()
    now = dict(current) if isinstance(current, Mapping) else {}
    if current == before:
        return captured
    if not isinstance(before, dict | None):  # a dict has taken the place of a dataclass
        config = _with_fields(fields_snapshot(before, coders)[0], _snapshots(now, coders))
        return _without_lost(captured.arguments, config, captured)
    before = before or {}
    new = _snapshots({key: now[key] for key in now if key not in before or before[key] != now[key]}, coders)
    shadowing = fields_of(captured.config)
    has_config = captured.config is not None
    arguments, config = dict(captured.arguments), dict(shadowing)
    for key in before.keys() - now.keys():
        (config if key in shadowing else arguments).pop(key, None)
    for key, part in new.items():
        of_config = key in shadowing or (has_config and key not in arguments)
        (config if of_config else arguments)[key] = part
    return _without_lost(arguments, _with_fields(captured.config, config) if has_config else None, captured)


def fields_of(part: Any) -> dict[str, Any]:
    """Return the parts of a snapshot that is an object in JSON, by key; none of None."""
    form = part.form if isinstance(part, Typed) else part
    fields: dict[str, Any] = form if type(form) is dict else plain(form) or {}
    return fields


def _with_fields(part: Any, fields: dict[str, Any]) -> Any:
    return part._replace(form=fields) if isinstance(part, Typed) else fields


def _snapshots(values: Mapping[str, Any], coders: Coders) -> dict[str, Any]:
    return {str(key): snapshot(value, coders) for key, value in values.items()}


def _without_lost(arguments: dict[str, Any], config: Any, captured: Capture) -> Capture:
    """Take out what can not be kept, and say so."""
    lost = [name for name, part in arguments.items() if part is NOT_STORABLE]
    kept = {name: part for name, part in arguments.items() if part is not NOT_STORABLE}
    if config is not None:
        fields = fields_of(config)
        lost += [f"{CONFIG}.{key}" for key, part in fields.items() if part is NOT_STORABLE]
        config = _with_fields(config, {key: part for key, part in fields.items() if part is not NOT_STORABLE})
    return Capture(config, kept, [*lost, *captured.lost])
