"""The few pages that the server shows to people: files with gaps, filled with escaped text, that run nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template

from anyhub.server.answers import Answer
from anyhub.server.pages.markup import escaped


def page(
    name: str, texts: Mapping[str, str], status: int = 200, *, title: str = "Log in", kind: str = "form"
) -> Answer:
    """Answer a page.

    Args:
        name (`str`): Which one: ``pages/<name>.html``, in the frame that all share.
        texts: What stands in its gaps, as plain text, or as `Markup`.
        status (`int`): Of HTTP.
        title (`str`): What the browser calls it.
        kind (`str`): By which the style tells how wide it is: ``form`` or ``wide``.
    """
    filled = _file(f"{name}.html").substitute({key: escaped(text) for key, text in texts.items()})
    whole = _file("frame.html").substitute(style=_style(), body=filled, title=escaped(title), kind=kind)
    return Answer(status, _headers(), whole.encode("utf-8", "replace"))


@cache
def _file(name: str) -> Template:
    return Template(files(__name__).joinpath(name).read_text(encoding="utf-8"))


@cache
def _style() -> str:
    return files(__name__).joinpath("style.css").read_text(encoding="utf-8")


@cache
def _headers() -> dict[str, str]:
    """Return headers by which a browser runs no script, shows no page inside another, and keeps nothing."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }
