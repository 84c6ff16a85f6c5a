"""The large files of a repository as such: which there are, removing them for good, and letting another link them."""

from __future__ import annotations

from typing import Any

from anyhub import files
from anyhub.errors import EntryNotFoundError, TooLargeError, ValidationError
from anyhub.git.objects import GitObject
from anyhub.git.pointers import pointer
from anyhub.hub.serving import LargeFile
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.values import REPO_TYPES, Digest, RepoId
from anyhub.wire.bodies.reading import spell_date

PAGE = 1000
MAX_FILES = 1000
_PIECE = 8 * 2**20


def list_files(call: Call) -> Answer:
    """List large files, the newest first, a page at a time."""
    start = call.number("cursor", 0)
    found = call.hub.large_files(call.repo())
    page = [_spell(each) for each in found[start : start + PAGE]]
    headers = {}
    if start + PAGE < len(found):
        path = call.route.path(**call.parts)
        headers["Link"] = f'<{call.base_url}{path}?cursor={start + PAGE}>; rel="next"'
    return json_answer(page, headers=headers)


def purge(call: Call) -> Answer:
    """Remove large files for good."""
    deletions = field(call.json(), "deletions", dict)
    sha256s = _texts(field(deletions, "sha", list))
    call.hub.purge(call.repo(), sha256s, rewrite_history=field(deletions, "rewriteHistory", bool, False))
    return json_answer({"success": True})


def duplicate(call: Call) -> Answer:
    """Let another repository link large files of this one, without sending them again."""
    content, repo = call.json(), call.repo()
    target = field(content, "target", dict)
    kind = field(target, "type", str, "model")
    to = call.hub.repo_id(field(target, "name", str), kind.removesuffix("s") if kind not in REPO_TYPES else kind)
    wanted = field(content, "files", list)
    failed = []
    for sha256 in _texts([each.get("sha256") if isinstance(each, dict) else None for each in wanted]):
        try:
            _give(call, repo, to, sha256)
        except EntryNotFoundError as error:
            failed.append({"sha256": sha256, "error": error.message})
    return json_answer({"success": not failed, "failed": failed})


def _give(call: Call, repo: RepoId, to: RepoId, sha256: str) -> None:
    entry = call.hub.large(repo, sha256)
    digest = Digest(sha256, entry.size)
    if not call.hub.lacking(to, [digest]):
        return
    with call.hub.staging() as folder:
        staged = folder / "object"
        path = call.hub.local_path(repo, entry)
        if path is not None:
            files.share(path, staged)
        else:
            with call.hub.open(repo, entry) as stream, files.create(staged, hashing=False) as writer:
                while piece := stream.read(_PIECE):
                    writer.write(piece)
        call.hub.receive(to, digest, staged)


def _spell(file: LargeFile) -> dict[str, Any]:
    return {
        "fileOid": file.digest.sha256,
        "filename": file.path,
        "oid": GitObject.of("blob", pointer(file.digest)).oid,
        "pushedAt": spell_date(file.pushed_at),
        "ref": file.ref,
        "size": file.digest.size,
    }


def _texts(values: list[Any]) -> list[str]:
    if len(values) > MAX_FILES:
        raise TooLargeError(f"At most {MAX_FILES} files are taken at once, not {len(values)}. Send several requests.")
    for value in values:
        if not isinstance(value, str) or len(value) != 64:
            raise ValidationError(
                f"A large file is named by its SHA-256, 64 hexadecimal digits, not {str(value)[:80]!r}."
            )
    return values


HANDLERS: dict[str, Handler] = {
    "lfs_files.list": list_files,
    "lfs_files.purge": purge,
    "lfs_files.duplicate": duplicate,
}
