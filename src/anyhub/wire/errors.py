"""How errors travel: a status, the code in a header, and the sentence, so that the far end raises the same error.

Stock clients read the status, ``X-Error-Code`` (of which they know ``RepoNotFound``, ``RevisionNotFound``,
``EntryNotFound`` and ``GatedRepo``) and ``X-Error-Message``. The body has the sentence under ``error``, and beside it,
for our own client, the error's code and its details under ``type`` and ``details``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from anyhub import errors
from anyhub.errors import HubError, by_code

INVALID_TOKEN = "Invalid credentials in Authorization header"
"""Stock clients know a token that is not valid by this very sentence."""

STATUS: dict[type[HubError], int] = {
    errors.AuthenticationError: 401,
    errors.GatedRepoError: 403,
    errors.ForbiddenError: 403,
    errors.RepositoryNotFoundError: 404,
    errors.NotFoundError: 404,
    errors.ParentCommitError: 412,
    errors.ConflictError: 409,
    errors.TooLargeError: 413,
    errors.InvalidPathError: 422,
    errors.ValidationError: 400,
    errors.CorruptFileError: 422,
    errors.DiskFullError: 507,
    errors.UnsupportedError: 501,
    errors.StorageError: 503,
    HubError: 500,
}
"""The status of each class and of those that derive from it; the first one that fits counts."""

_STOCK = {
    errors.GatedRepoError: "GatedRepo",
    errors.RepositoryNotFoundError: "RepoNotFound",
    errors.RevisionNotFoundError: "RevisionNotFound",
    errors.EntryNotFoundError: "EntryNotFound",
}
_BY_STATUS: dict[int, type[HubError]] = {
    400: errors.ValidationError,
    401: errors.AuthenticationError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    412: errors.ParentCommitError,
    413: errors.TooLargeError,
    422: errors.ValidationError,
    501: errors.UnsupportedError,
}
"""What a refusal means that says no more than its status."""
_MAX_HEADER = 500
_NOT_FOR_TERMINALS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def status_of(error: HubError) -> int:
    """Return the status that stands for an error."""
    return next(status for cls, status in STATUS.items() if isinstance(error, cls))


def headers_of(error: HubError) -> dict[str, str]:
    """Return the headers by which clients know an error. The sentence is brought to one line of ASCII."""
    code = next((name for cls, name in _STOCK.items() if isinstance(error, cls)), error.code)
    line = " ".join(error.message.split()).encode("ascii", "replace").decode()
    again = {"Retry-After": str(error.details["retry_after"])} if "retry_after" in error.details else {}
    return {"X-Error-Code": code, "X-Error-Message": line[:_MAX_HEADER], **again}


def body_of(error: HubError) -> dict[str, Any]:
    """Return the body, in JSON, of a refusal. Details that JSON has no spelling for are left out."""
    details = {name: value for name, value in error.details.items() if _is_plain(value)}
    return {"error": error.message, "type": error.code, "details": details}


def error_from(status: int, headers: Mapping[str, str], body: bytes) -> HubError:
    """Return the error that a refusal stands for.

    Args:
        status (`int`): Of HTTP.
        headers: By lower-case name.
        body: What was sent with it.
    """
    content = _object(body)
    message = content.get("error") or headers.get("x-error-message") or content.get("message") or f"HTTP {status}"
    message = _harmless(str(message)[:2000])
    if (cls := by_code().get(str(content.get("type")))) is not None:
        return cls(message, **_details(cls, content))
    return _from_stock(status, headers, message)


def _harmless(text: str) -> str:
    """Return a sentence of a stranger's without what steers terminals, and without halves of characters."""
    return _NOT_FOR_TERMINALS.sub("?", text)


def _details(cls: type[HubError], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details that become attributes: none that has a meaning of its own for Python or for every error."""
    details = content.get("details")
    if not isinstance(details, dict):
        return {}
    taken = {"self", "message", "details", *dir(HubError)}
    for base in cls.__mro__:
        taken.update(dir(base) if base.__module__ == "builtins" else ())
    return {
        name: value for name, value in details.items() if name.isidentifier() and name[0] != "_" and name not in taken
    }


def _from_stock(status: int, headers: Mapping[str, str], message: str) -> HubError:
    code = headers.get("x-error-code", "")
    for cls, name in _STOCK.items():
        if code == name:
            return cls(message)
    if status in _BY_STATUS:
        return _BY_STATUS[status](message)
    return errors.HfHubHTTPError(f"The hub answered {status}: {message}", status=status)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_plain(value: object) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
