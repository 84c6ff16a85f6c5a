"""The scalars that JSON has, and numbers that it lacks: complex ones, decimals, fractions, infinity."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

import re
from typing import Any

from anyhub.models.config.kinds.forms import NON_FINITE, NOT_STORABLE, finite
from anyhub.models.config.kinds.kind import Kind

_MAX_BITS = 14_000
"""Python neither writes nor reads integers of more than 4,300 digits."""

_FRACTION = re.compile(r"-?\d{1,4300}(/\d{1,4300})?", re.ASCII)


class Scalars(Kind):
    """None, truth values, numbers and texts: JSON says all of them itself, but for infinity and NaN."""

    names = {
        "None": ("types", "NoneType"),
        "bool": ("builtins", "bool"),
        "int": ("builtins", "int"),
        "float": ("builtins", "float"),
        "str": ("builtins", "str"),
    }
    forms = (type(None), bool, int, float, str)

    def fit(self, cls: type, form: Any) -> int:
        if type(form) is cls:
            return 2
        return 1 if cls is float and type(form) is str and form in NON_FINITE else 0

    def parts(self, value: Any) -> Any:
        return NOT_STORABLE if type(value) is int and value.bit_length() > _MAX_BITS else finite(value)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        if type(parts) is cls:
            return parts
        return NON_FINITE[parts]


class Numbers(Kind):
    """Numbers that are written as texts."""

    names = {
        "complex": ("builtins", "complex"),
        "Decimal": ("decimal", "Decimal"),
        "Fraction": ("fractions", "Fraction"),
    }

    def parts(self, value: Any) -> Any:
        try:
            return str(value)
        except ValueError:  # a fraction of more digits than Python writes
            return NOT_STORABLE

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        if cls.__name__ == "Fraction" and not _FRACTION.fullmatch(parts):  # from "1e99999999" it would make the digits
            raise ValueError("a fraction is two whole numbers, as in '1/3'")
        try:
            return cls(parts)
        except ArithmeticError as error:  # a decimal that is none, a fraction of zero
            raise ValueError(str(error)) from error
