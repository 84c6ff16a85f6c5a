"""Dates, times of day and spans of time."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.kinds.kind import Kind


class Times(Kind):
    """Dates and times, as ISO 8601 writes them; a zone is an offset from UTC, any other can not be kept."""

    names = {
        "datetime": ("datetime", "datetime"),
        "date": ("datetime", "date"),
        "time": ("datetime", "time"),
    }

    def parts(self, value: Any) -> Any:
        from datetime import timezone

        zone = getattr(value, "tzinfo", None)
        return value.isoformat() if zone is None or type(zone) is timezone else NOT_STORABLE

    def make(self, cls: Any, parts: Any, parameter: str) -> Any:
        return cls.fromisoformat(parts)


class Spans(Kind):
    """Spans of time, in the three numbers that Python keeps of them."""

    names = {"timedelta": ("datetime", "timedelta")}
    forms = (dict,)

    def fit(self, cls: type, form: Any) -> int:
        return 1 if isinstance(form, dict) and form.keys() == {"days", "seconds", "microseconds"} else 0

    def parts(self, value: Any) -> Any:
        return {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        try:
            return cls(**parts)
        except OverflowError as error:
            raise ValueError(str(error)) from error
