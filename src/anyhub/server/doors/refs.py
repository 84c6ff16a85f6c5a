"""Branches and tags: listed, created and deleted. The sentences are those that clients know."""

from __future__ import annotations

from anyhub.errors import ConflictError, RevisionExistsError, RevisionNotFoundError
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.values import DEFAULT_BRANCH, Ref
from anyhub.wire.bodies.refs import spell_refs


def list_refs(call: Call) -> Answer:
    """List branches and tags, and pull requests when asked."""
    return json_answer(spell_refs(call.hub.refs(call.repo()), pull_requests=call.flag("include_prs")))


def create_branch(call: Call) -> Answer:
    """Create a branch where the default branch is, or at the starting point that is named."""
    start = call.json().get("startingPoint") or DEFAULT_BRANCH
    return _create(call, f"refs/heads/{call.parts['branch']}", str(start))


def create_tag(call: Call) -> Answer:
    """Create a tag at a revision; an annotated one, when something is said of it."""
    content = call.json()
    name = f"refs/tags/{field(content, 'tag', str)}"
    return _create(call, name, call.parts["revision"], field(content, "message", str, ""))


def _create(call: Call, name: str, revision: str, message: str = "") -> Answer:
    repo = call.repo()
    try:
        target = call.hub.resolve(repo, revision).oid
    except RevisionNotFoundError as error:
        raise RevisionNotFoundError(f"Invalid rev id: {error.message}", **error.details) from None
    try:
        made = call.hub.create_ref(repo, name, target, message)
    except RevisionExistsError as error:
        raise RevisionExistsError(f"Reference {name} already exists. Choose another name.", **error.details) from None
    return _spelled(made)


def _spelled(ref: Ref) -> Answer:
    return json_answer({"name": ref.short, "ref": ref.name, "targetCommit": ref.target})


def delete_branch(call: Call) -> Answer:
    """Delete a branch, which may not be the default one."""
    name = f"refs/heads/{call.parts['branch']}"
    try:
        call.hub.delete_ref(call.repo(), name)
    except ConflictError as error:
        raise ConflictError(f"Cannot delete {name}: {error.message}", **error.details) from None
    return json_answer({})


def delete_tag(call: Call) -> Answer:
    """Delete a tag."""
    call.hub.delete_ref(call.repo(), f"refs/tags/{call.parts['tag']}")
    return json_answer({})


HANDLERS: dict[str, Handler] = {
    "ref.list": list_refs,
    "branch.create": create_branch,
    "branch.delete": delete_branch,
    "tag.create": create_tag,
    "tag.delete": delete_tag,
}
