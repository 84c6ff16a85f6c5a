"""The forms that JSON has, and the mark of what has none."""

from __future__ import annotations

import math
from typing import Any, Final

NOT_STORABLE: Final[Any] = type("NotStorable", (), {"__repr__": lambda _: "NOT_STORABLE"})()
"""What stands for a value that can not be kept in JSON."""

NON_FINITE: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
"""The texts for numbers that JSON has no digits for."""


def finite(number: Any) -> Any:
    """Return a number, or the text for one that JSON has no digits for."""
    if type(number) is not float or math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
