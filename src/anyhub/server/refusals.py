"""What a client is told when a request can not be answered."""

from __future__ import annotations

import logging

from anyhub.errors import HubError, RepositoryNotFoundError
from anyhub.people import ANONYMOUS, Principal
from anyhub.server.answers import Answer, json_answer, text_answer
from anyhub.server.routing import MethodError
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
    if status == 401 and route is not None and route.name.startswith(("git.", "lfs.")):
        headers["WWW-Authenticate"] = 'Basic realm="anyhub"'  # git asks for a name and a token when it reads this
    if status >= 500 and status != 501:
        log.error("Request %s: %s: %s", request_id, type(error).__name__, error.message)
    return _spelled(error, status, headers, route.name.partition(".")[0] if route else "")


def _spelled(error: HubError, status: int, headers: dict[str, str], part: str) -> Answer:
    """Return the answer with the sentence where the client that was written for a part of the API shows it."""
    if part == "git":
        return text_answer(f"{error.message}\n", status, headers)
    told = {"message": error.message} if part == "lfs" else {}
    return json_answer(body_of(error) | told, status, headers)


def unexpected(request_id: str) -> Answer:
    """Return the answer to a request that met a defect of the server."""
    message = f"The server failed to answer this; its log says why, under the request id {request_id}."
    return json_answer({"error": message, "type": "Hub", "details": {}}, 500, {"X-Error-Message": message})
