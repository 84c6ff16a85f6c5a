"""The parameters that callers of `huggingface_hub` give: each call takes them, by name and by position."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from inspect import Parameter

import pytest

from reference_parameters import CALLS

NEEDED = object()


def parameters_here(name: str) -> dict[str, Parameter]:
    return dict(inspect.signature(pkgutil.resolve_name(f"anyhub.{name}")).parameters)


def parameters_there(name: str) -> tuple[list[str], dict[str, object]]:
    """Return the names that may be given by position, and the default of each name."""
    (definition,) = ast.parse(f"def call({CALLS[name]}): ...").body
    assert isinstance(definition, ast.FunctionDef)
    found = definition.args
    positional = [each.arg for each in found.args]
    defaults = [None] * (len(positional) - len(found.defaults)) + [*found.defaults, *found.kw_defaults]
    names = [*positional, *(each.arg for each in found.kwonlyargs)]
    values = [NEEDED if default is None else ast.literal_eval(default) for default in defaults]
    return positional, dict(zip(names, values, strict=True))


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_same_arguments_by_position(name: str) -> None:
    positional, _ = parameters_there(name)
    by_position = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    here = [each.name for each in parameters_here(name).values() if each.kind in by_position]
    assert here[: len(positional)] == positional


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_same_arguments_by_name_and_has_the_same_defaults(name: str) -> None:
    here = parameters_here(name)
    _, defaults = parameters_there(name)
    for each, default in defaults.items():
        assert here[each].kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        own = NEEDED if here[each].default is Parameter.empty else here[each].default
        assert own == default or (default is ... and own is not NEEDED), each


@pytest.mark.parametrize("name", CALLS)
def test_a_call_needs_no_other_argument(name: str) -> None:
    _, defaults = parameters_there(name)
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    others = [each for each in parameters_here(name).values() if each.name not in defaults]
    assert [each.name for each in others if each.default is Parameter.empty and each.kind not in variable] == []
