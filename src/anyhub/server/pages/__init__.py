"""The few pages that the server shows to people: files with gaps, filled with escaped text, that run nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template

from anyhub.server.answers import Answer


def page(name: str, texts: Mapping[str, str], status: int = 200) -> Answer:
    """Answer a page.

    Args:
        name (`str`): Which one: ``pages/<name>.html``, in the frame that all share.
        texts: What stands in its gaps, as plain text.
        status (`int`): Of HTTP.
    """
    filled = _file(f"{name}.html").substitute({key: html.escape(text) for key, text in texts.items()})
    whole = _file("frame.html").substitute(style=_style(), body=filled)
    return Answer(status, _headers(), whole.encode())


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
