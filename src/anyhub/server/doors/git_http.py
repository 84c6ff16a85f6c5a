"""git over HTTP: what `git clone`, `git fetch` and `git push` ask for."""

from __future__ import annotations

from anyhub.errors import AuthenticationError, HubError, NetworkError, RepositoryNotFoundError, ValidationError
from anyhub.git import receiving, serving
from anyhub.git.receiving import Push
from anyhub.server.answers import Answer
from anyhub.server.call import Call, Handler

_NEVER_KEPT = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Expires": "0"}


def refs(call: Call) -> Answer:
    """Tell git which references there are, and what it may ask for."""
    service = call.first("service", "")
    if service == "git-upload-pack":
        with call.hub.git_dir(call.repo()) as git_dir:
            told = serving.advertisement(git_dir, call.headers.get("git-protocol", ""))
    elif service == "git-receive-pack":
        with call.hub.staging(), call.hub.git_dir(call.repo()) as git_dir:  # the first asks who is here
            told = receiving.advertisement(serving.references(git_dir))
    else:
        raise ValidationError("This is the address of a git repository; clone it with git 1.6.6 or later.")
    return _answer(f"{service}-advertisement", told)


def fetch(call: Call) -> Answer:
    """Send git the objects that it lacks, as they are gathered."""
    lent = call.hub.git_dir(call.repo())
    request = call.body.read(serving.MAX_REQUEST_BYTES)
    objects = serving.Objects(lent, request, call.headers.get("git-protocol", ""))
    return Answer(200, _headers("git-upload-pack-result"), objects)


def push(call: Call) -> Answer:
    """Take the objects and references of a git push; a refusal is a sentence in the user's terminal."""
    pushed, error = receiving.read_push(call.body.chunks(receiving.MAX_PACK_BYTES)), None
    try:
        _take(call, pushed)
    except (AuthenticationError, RepositoryNotFoundError, NetworkError):
        raise  # git itself asks for a token, or says that there is no such repository
    except HubError as refused:
        error = refused
        receiving.skip(pushed)
    told = receiving.report(pushed, error) if pushed.commands else b""
    return _answer("git-receive-pack-result", told)


def _take(call: Call, pushed: Push) -> None:
    repo = call.repo()
    with call.hub.git_dir(repo) as git_dir, call.hub.staging() as folder:
        if not pushed.commands:
            return  # git asks whether it may push, before it sends much
        receiving.check_names(pushed.commands)
        updates = pushed.commands
        call.hub.check_push(repo, updates)  # so that nobody sends gigabytes to be refused, or to be a burden
        call.hub.push(repo, receiving.receive_pack(pushed, git_dir, folder), updates)


def _headers(kind: str) -> dict[str, str]:
    return {"Content-Type": f"application/x-{kind}", **_NEVER_KEPT}


def _answer(kind: str, data: bytes) -> Answer:
    return Answer(200, _headers(kind), data)


HANDLERS: dict[str, Handler] = {
    "git.refs": refs,
    "git.refs_bare": refs,
    "git.fetch": fetch,
    "git.fetch_bare": fetch,
    "git.push": push,
    "git.push_bare": push,
}
