"""What a client is told when a request can not be answered."""

from __future__ import annotations

import logging
from dataclasses import replace

from anyhub.errors import DiskFullError, HubError, ReadOnlyError, RepositoryNotFoundError, StorageError
from anyhub.people import ANONYMOUS, Principal
from anyhub.server.answers import Answer, json_answer, text_answer
from anyhub.server.pages import page
from anyhub.server.routing import MethodError
from anyhub.server.shares import TooManyError
from anyhub.wire.errors import body_of, headers_of, status_of
from anyhub.wire.routes import Route

log = logging.getLogger("anyhub.server")


def refusal(
    error: HubError,
    route: Route | None = None,
    principal: Principal = ANONYMOUS,
    *,
    status: int | None = None,
    request_id: str = "",
) -> Answer:
    """Return the answer that stands for an error.

    Whoever has not logged in is asked to do so for a repository that they can not see; clients take that, together with
    the code in the header, for a repository that is not there.

    Args:
        error (`HubError`): What went wrong.
        route (`Route`, *optional*): Which one was asked; None when that is not known.
        principal (`Principal`): Who asked.
        status (`int`, *optional*): Of HTTP, where it is not the one that the error has.
        request_id (`str`): Under which an error of the server itself is found in the log.
    """
    headers = headers_of(error)
    status = status or status_of(error)
    if isinstance(error, RepositoryNotFoundError) and principal.user is None:
        status = 401
    if isinstance(error, MethodError):
        status = 405
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, TooManyError):
        status = 429
    if status == 401 and route is not None and route.name.startswith(("git.", "lfs.")):
        headers["WWW-Authenticate"] = 'Basic realm="anyhub"'  # git asks for a name and a token when it reads this
    if status >= 500 and status != 501:
        log.error("Request %s: %s: %s", request_id, type(error).__name__, error.message)
        error = _without_places(error, request_id)
        headers |= headers_of(error)
    return _spelled(error, status, headers, route.name.partition(".")[0] if route else "")


def _without_places(error: HubError, request_id: str) -> HubError:
    """Return what a client is told of a trouble with the disk: the folders of this machine are in the log alone."""
    if isinstance(error, DiskFullError):
        return DiskFullError("The disk of the hub is full; nothing was changed. Ask whoever runs it for space.")
    if isinstance(error, ReadOnlyError):
        return ReadOnlyError("The hub can not write to its disk; nothing was changed. Ask whoever runs it.")
    if isinstance(error, StorageError) and "retry_after" in error.details:
        again = error.details["retry_after"]
        return StorageError("The hub is busy; nothing was changed. Try again in a few seconds.", retry_after=again)
    return type(error)(
        f"The hub could not do this, for a reason of its own. Its log says why, under the request id {request_id}."
    )


def _spelled(error: HubError, status: int, headers: dict[str, str], part: str) -> Answer:
    """Return the answer with the sentence where the client that was written for a part of the API shows it."""
    if part == "git":
        return text_answer(f"{error.message}\n", status, headers)
    told = {"message": error.message} if part == "lfs" else {}
    return json_answer(body_of(error) | told, status, headers)


def as_page(refused: Answer, error: HubError, address: str) -> Answer:
    """Return a refusal as a page for people, who do without the JSON; it says how to log in.

    Args:
        refused (`Answer`): The refusal.
        error (`HubError`): What went wrong.
        address (`str`): The public address of the server.
    """
    title = "Log in to see this" if refused.status == 401 else "This can not be shown"
    shown = page("refused", {"title": title, "message": error.message, "address": address}, refused.status, title=title)
    return replace(shown, headers={**refused.headers, **shown.headers})


def gone(error: HubError, request_id: str) -> Answer:
    """Return the answer to a client that went away before all of its request had come: nobody will read it."""
    log.info("Request %s: %s", request_id, error.message)
    return json_answer(body_of(error), 400)


def unexpected(request_id: str) -> Answer:
    """Return the answer to a request that met a defect of the server."""
    message = f"The server failed to answer this; its log says why, under the request id {request_id}."
    return json_answer({"error": message, "type": "Hub", "details": {}}, 500, {"X-Error-Message": message})
