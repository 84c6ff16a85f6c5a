"""Templates with more in them than placeholders, rendered by Jinja in its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anyhub.errors import MissingDependencyError, ValidationError

MAX_OUTPUT = 1 << 20


def render_in_sandbox(template: str, names: Mapping[str, Any], spell: Callable[[object], str]) -> str:
    """Return what Jinja makes of a template, which its author wrote and nobody has downloaded.

    Args:
        template (`str`): The template.
        names: What it may name; it can change nothing in them, and sees nothing behind them.
        spell: How a value is written.

    Raises:
        MissingDependencyError: When Jinja is not installed.
        ValidationError: When Jinja refuses the template, or it makes more than 1 MiB.
    """
    try:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise MissingDependencyError(
            "Install anyhub[jinja] to render a card template that has more in it than '{{ name }}' and "
            "'{{ name | default(\"text\", true) }}'."
        ) from None
    # A card is Markdown, not HTML: what may stand in it is for the page that shows it to decide.
    environment = ImmutableSandboxedEnvironment(autoescape=False, keep_trailing_newline=True, finalize=spell)
    pieces, size = [], 0
    try:
        for piece in environment.from_string(template).generate(names):
            pieces.append(piece)
            size += len(piece.encode())
            if size > MAX_OUTPUT:
                raise ValidationError(f"The card template makes more than {MAX_OUTPUT:,} bytes; make it shorter.")
    except ValidationError:
        raise
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split()).removesuffix(".")
        raise ValidationError(f"The card template can not be rendered: {reason}; mend the template.") from error
    return "".join(pieces)
