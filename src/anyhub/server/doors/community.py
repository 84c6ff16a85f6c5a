"""The door of likes, and of asking for access to gated repositories."""

from __future__ import annotations

from typing import Any

from anyhub.community import AccessRequest, AccessStatus
from anyhub.errors import NotFoundError, ValidationError
from anyhub.people import User
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.pages import page
from anyhub.server.paging import one_page
from anyhub.values import RepoId
from anyhub.wire.bodies.community import request_id, spell_access_request, spell_like
from anyhub.wire.bodies.people import spell_member

PAGE = 500
MAX_FORM_BYTES = 64 * 1024

_STATUSES: dict[str, AccessStatus] = {"pending": "pending", "accepted": "accepted", "rejected": "rejected"}


def like(call: Call) -> Answer:
    """Like a repository."""
    call.community.like(call.repo(), call.principal.name)
    return json_answer({})


def unlike(call: Call) -> Answer:
    """Take a like back."""
    call.community.unlike(call.repo(), call.principal.name)
    return json_answer({})


def likers(call: Call) -> Answer:
    """List who likes a repository."""
    page, headers = one_page(call, call.community.likers(call.repo()), PAGE)
    users = [(name, _user(call, name)) for name in page]
    return json_answer([spell_member(name, user.fullname if user else "") for name, user in users], headers=headers)


def likes(call: Call) -> Answer:
    """List what a user likes."""
    page, headers = one_page(call, call.community.likes(call.parts["user"]), PAGE)
    return json_answer([spell_like(repo) for repo in page], headers=headers)


def ask(call: Call) -> Answer:
    """Ask for access; whoever comes from a web page is sent back to the repository."""
    repo = call.repo()
    is_json = "json" in call.headers.get("content-type", "")
    fields = call.json(MAX_FORM_BYTES) if is_json else _form(call)
    request = call.community.request_access(repo, call.principal.name, _checked(fields))
    if "text/html" in call.headers.get("accept", ""):
        return Answer(303, {"Location": call.hub.url(repo)})
    return json_answer({"status": request.status})


def show(call: Call) -> Answer:
    """Show how access is asked for, in the same words for every name that a repository could have."""
    repo = call.hub.repo_id(f"{call.parts['namespace']}/{call.parts['name']}", None)
    address = f"{call.base_url}{call.route.path(**call.parts)}"
    return page("ask", {"repo": str(repo), "address": address})


def list_requests(call: Call) -> Answer:
    """List the requests for access of one status."""
    status = _status(call.parts["status"])
    page, headers = one_page(call, call.community.access_requests(call.repo(), status), PAGE)
    spelled = [spell_access_request(request, _user(call, request.user)) for request in page]
    return json_answer(spelled, headers=headers)


def handle(call: Call) -> Answer:
    """Decide on a request for access, given by its user or its id."""
    content = call.json()
    status, reason = _status(field(content, "status", str)), field(content, "rejectionReason", str, "")
    repo = call.repo()
    user = field(content, "user", str, "") or _requested_by(call, repo, field(content, "requestId", str))
    return _told(call, call.community.handle_access(repo, user, status, reason))


def grant(call: Call) -> Answer:
    """Give access to a user who did not ask."""
    return _told(call, call.community.grant_access(call.repo(), field(call.json(), "user", str)))


def _told(call: Call, request: AccessRequest) -> Answer:
    return json_answer(spell_access_request(request, _user(call, request.user)))


def _requested_by(call: Call, repo: RepoId, id: str) -> str:
    for status in _STATUSES.values():
        for request in call.community.access_requests(repo, status):
            if request_id(request) == id:
                return request.user
    raise NotFoundError(f"There is no request for access to {repo} of the id {id[:40]!r}. List them anew.")


def _user(call: Call, name: str) -> User | None:
    """Return somebody who may have gone since."""
    try:
        return call.accounts.user(name)
    except NotFoundError:
        return None


def _status(text: str) -> AccessStatus:
    if text not in _STATUSES:
        raise ValidationError(f"The status of a request is one of {', '.join(_STATUSES)}, not {text[:40]!r}.")
    return _STATUSES[text]


def _form(call: Call) -> dict[str, Any]:
    return dict(call.form(MAX_FORM_BYTES))


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    for name, value in fields.items():
        if not isinstance(value, (str, bool, int, float)):
            raise ValidationError(f"The field {name[:40]!r} is a text, a number, true or false.")
    return fields


HANDLERS: dict[str, Handler] = {
    "like.create": like,
    "like.delete": unlike,
    "like.likers": likers,
    "like.of_user": likes,
    "access.ask": ask,
    "access.page": show,
    "access.list": list_requests,
    "access.handle": handle,
    "access.grant": grant,
}
