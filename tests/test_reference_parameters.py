"""The parameters that callers of `huggingface_hub` give: each call takes them, by name and by position."""

from __future__ import annotations

import inspect
import pkgutil
from inspect import Parameter

import pytest

from reference_parameters import CALLS

BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def parameters_here(name: str) -> dict[str, Parameter]:
    return dict(inspect.signature(pkgutil.resolve_name(f"anyhub.{name}")).parameters)


def parameters_there(name: str) -> dict[str, Parameter]:
    return dict(inspect.signature(CALLS[name]).parameters)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_same_arguments_by_position(name: str) -> None:
    there = [each.name for each in parameters_there(name).values() if each.kind in BY_POSITION]
    here = [each.name for each in parameters_here(name).values() if each.kind in BY_POSITION]
    assert here[: len(there)] == there


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_same_arguments_by_name_with_the_same_defaults(name: str) -> None:
    here = parameters_here(name)
    for each in parameters_there(name).values():
        taken = here[each.name]
        assert taken.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        if each.default is ...:
            assert taken.default is not Parameter.empty
        else:
            assert taken.default == each.default


@pytest.mark.parametrize("name", CALLS)
def test_a_call_needs_no_other_argument(name: str) -> None:
    others = [each for each in parameters_here(name).values() if each.name not in parameters_there(name)]
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    assert [each.name for each in others if each.default is Parameter.empty and each.kind not in variable] == []
