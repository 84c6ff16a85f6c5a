"""Trees, commits and tags that do harm somewhere: what `git push` may not bring, the API may not either."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, Union
from urllib.parse import quote

import pytest
from asking import Asker, added

from anyhub.testing.server import running_hub
from anyhub.wire.pktline import FLUSH, packet

Line: TypeAlias = tuple[bytes, bytes, Union[bytes, "Lines"]]
Lines: TypeAlias = Sequence[Line]
FILE = b"100644"
FOLDER = b"40000"
WHO = b"Eve <eve@example.org> 1700000000 +0000"
_TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


@dataclass
class Packed:
    """Objects, and the pack (gitformat-pack) that has them; nothing in them is checked."""

    objects: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def add(self, type: str, data: bytes) -> str:
        oid = hashlib.sha1(b"%s %d\0" % (type.encode(), len(data)) + data, usedforsecurity=False).hexdigest()
        self.objects[oid] = type, data
        return oid

    def tree(self, lines: Lines, *, in_order: bool = True) -> str:
        made = []
        for mode, name, content in lines:
            if mode == b"160000":
                oid = "1" * 40
            else:
                oid = self.add("blob", content) if isinstance(content, bytes) else self.tree(content)
            key = name + (b"/" if mode == FOLDER else b"")
            made.append((key, mode + b" " + name + b"\0" + bytes.fromhex(oid)))
        return self.add("tree", b"".join(line for _, line in (sorted(made) if in_order else made)))

    def commit(self, tree: str, *parents: str, author: bytes = WHO, message: bytes = b"A change\n") -> str:
        lines = [b"tree " + tree.encode(), *(b"parent " + each.encode() for each in parents)]
        return self.add("commit", b"\n".join([*lines, b"author " + author, b"committer " + WHO, b"", message]))

    def pack(self) -> bytes:
        made = b"PACK" + struct.pack(">II", 2, len(self.objects))
        made += b"".join(_head(_TYPES[type], len(data)) + zlib.compress(data) for type, data in self.objects.values())
        return made + hashlib.sha1(made, usedforsecurity=False).digest()


def _head(type: int, size: int) -> bytes:
    first, size = type << 4 | size & 15, size >> 4
    made = bytearray()
    while size:
        made.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes([*made, first])


@pytest.fixture(scope="module")
def eve() -> Iterator[Asker]:
    with running_hub() as hub:
        eve = Asker(hub.endpoint, hub.create_user("eve"))
        eve.create("trees")
        eve.commit("eve/trees", added("begin.txt", b"begin"))
        yield eve


def head_of(eve: Asker) -> str:
    return str(eve.get("/api/models/eve/trees").json["sha"])


def push(eve: Asker, packed: Packed, new: str, name: str = "refs/heads/main", old: str | None = None) -> str | None:
    """Push objects, and return why that was refused."""
    old = head_of(eve) if old is None else old
    command = packet(f"{old} {new} {name}\0report-status".encode()) + FLUSH
    reply = eve.post("/eve/trees.git/git-receive-pack", command + packed.pack())
    assert reply.status == 200, reply
    told = reply.body.decode()
    if f"ok {name}" in told:
        return None
    assert f"ng {name} " in told
    return told.partition(f"ng {name} ")[2].partition("\n")[0]


def commit(eve: Asker, path: str, content: bytes = b"text") -> str | None:
    """Put a file by the API, and return why that was refused."""
    reply = eve.commit("eve/trees", added(path, content))
    if reply.status == 200:
        return None
    assert 400 <= reply.status < 500, reply
    return str(reply.json["error"])


REFUSED_NAMES: dict[str, str] = {
    "git's own folder": ".git",
    "in capitals": ".GIT",
    "in mixed case": ".GiT",
    "with a joiner that HFS+ skips": ".g\u200cit",
    "with another joiner": ".gi\u200dt",
    "with a mark of direction": ".\u200egit",
    "with an end of direction": ".git\u202c",
    "with a byte order mark": "\ufeff.git",
    "with a soft hyphen": ".g\u00adit",
    "by its short name": "git~1",
    "by its short name in capitals": "GIT~1",
    "by another short name": "git~2",
    "with a dot at its end": ".git.",
    "with a space at its end": ".git ",
    "with dots and spaces": ".git . .",
    "with a stream": ".git::$INDEX_ALLOCATION",
    "with a stream of data": ".git:x",
    "below another folder's backslash": "a\\.git",
    "further down": "a/.git/config",
    "further down in capitals": "a/b/.Git/hooks/post-checkout",
    "submodules": ".gitmodules",
    "submodules in capitals": ".GITMODULES",
    "submodules with a joiner": ".gitmod\u200cules",
    "submodules by the short name": "gitmod~1",
    "submodules by the other short name": "GI7EBA~1",
    "submodules further down": "a/.gitmodules",
    "the folder itself": ".",
    "the folder above": "..",
    "out of the folder": "../x",
    "out of the folder later": "a/../../x",
    "a backslash": "a\\b",
    "out by backslashes": "..\\..\\x",
    "a drive": "C:",
    "a file on a drive": "C:x",
    "a stream of a file": "a.txt:b",
    "a dot at the end": "a.",
    "a space at the end": "a ",
    "a space alone": " ",
    "three dots": "...",
    "an asterisk": "a*",
    "a question mark": "a?",
    "a quote": 'a"b',
    "less than": "a<b",
    "greater than": "a>b",
    "a pipe": "a|b",
    "a line feed": "a\nb",
    "a carriage return": "a\rb",
    "a tab": "a\tb",
    "an escape": "a\x1b[2Jb",
    "a delete": "a\x7fb",
    "a control character of Latin 1": "a\x85b",
    "a line separator": "a\u2028b",
    "text turned round": "a\u202egpj.exe",
    "an invisible space": "a\u200bb",
    "a tag": "a\U000e0041b",
    "a private character": "a\ue000b",
    "a character that is none": "a\ufdd0b",
    "CON": "CON",
    "con with an extension": "con.txt",
    "NUL further down": "a/nul",
    "COM1": "com1.tar.gz",
    "COM of a superscript": "com\u00b9",
    "LPT9": "LPT9",
    "AUX with spaces": "aux  .txt",
    "CONIN$": "CONIN$",
    "a name that is too long": "a" * 256,
    "a name of too many bytes": "\u00e9" * 128,
    "a path that is too long": "/".join(["a" * 200] * 6),
    "a path that is too deep": "/".join(["a"] * 600),
    "a path that is much too deep": "/".join(["a"] * 3000),
}
ACCEPTED_NAMES: dict[str, str] = {
    "hidden": ".hidden",
    "ignoring": ".gitignore",
    "something like git": ".github/workflow.yml",
    "git in a name": "git",
    "a dash in front": "-rf",
    "options": "--upload-pack=x",
    "a tilde": "~",
    "a dollar": "$HOME",
    "a command": "`id`;$(id)&",
    "a percent": "%2e%2e%2f",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt",
    "emoji": "\U0001f468\u200d\U0001f469.txt",
    "composed": "\u00e9.txt",
    "as long as it may be": "a" * 255,
    "a space in front": " a",
    "an apostrophe": "it's",
    "something like a device": "console.txt",
    "COM without a number": "com.txt",
}


def nested(path: str, content: bytes = b"text") -> Lines:
    """Return the lines of trees that have one file at a path."""
    *folders, name = path.encode("utf-8", "surrogatepass").split(b"/")
    lines: Lines = [(FILE, name, content)]
    for folder in reversed(folders):
        lines = [(FOLDER, folder, lines)]
    return lines


def packed_at(path: str) -> tuple[Packed, str]:
    """Return what `nested` says, made without going down as deep as it does."""
    packed = Packed()
    *folders, name = path.encode().split(b"/")
    oid = packed.tree([(FILE, name, b"text")])
    for folder in reversed(folders):
        oid = packed.add("tree", FOLDER + b" " + folder + b"\0" + bytes.fromhex(oid))
    return packed, oid


@pytest.mark.parametrize("path", REFUSED_NAMES.values(), ids=REFUSED_NAMES.keys())
def test_a_name_that_harms_somebody_is_refused_at_both_doors(eve: Asker, path: str) -> None:
    before = head_of(eve)
    packed, tree = packed_at(path)
    by_push = push(eve, packed, packed.commit(tree, before))
    by_api = commit(eve, path)
    for said in (by_push, by_api):
        assert said is not None
        assert said.isprintable()
        assert len(said) < 5000
    assert head_of(eve) == before


@pytest.mark.parametrize("path", ACCEPTED_NAMES.values(), ids=ACCEPTED_NAMES.keys())
def test_a_name_that_is_only_odd_is_taken_at_both_doors(eve: Asker, path: str) -> None:
    before = head_of(eve)
    packed, tree = packed_at(path)
    assert push(eve, packed, packed.commit(tree, before)) is None
    assert commit(eve, path, b"another text") is None
    listed = json.loads(eve.get("/api/models/eve/trees/tree/main?recursive=true").body)
    assert path in [each["path"] for each in listed]


PAIRS = {
    "case": ("A.txt", "a.txt"),
    "composed and not": ("\u00e9.txt", "e\u0301.txt"),
    "sharp s": ("stra\u00dfe", "STRASSE"),
    "a folder and a folder": ("Data/x", "data/y"),
    "a folder and a file": ("docs/x", "Docs"),
    "ligature": ("\ufb01.txt", "FI.txt"),
    "kelvin": ("\u212a", "k"),
    "sigma": ("\u03c2", "\u03c3"),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_names_that_are_one_somewhere_are_refused_at_both_doors(eve: Asker, pair: tuple[str, str]) -> None:
    before = head_of(eve)
    packed = Packed()
    lines = [nested(path)[0] for path in pair]
    assert push(eve, packed, packed.commit(packed.tree(lines), before))
    assert eve.commit("eve/trees", *(added(path, b"text") for path in pair)).status == 409
    assert head_of(eve) == before


def _raw(*lines: bytes) -> Callable[[Packed], str]:
    """Return the maker of a tree of these very lines, in this order."""

    def make(packed: Packed) -> str:
        blob = bytes.fromhex(packed.add("blob", b"text"))
        return packed.add("tree", b"".join(line + b"\0" + blob for line in lines))

    return make


def _of(*lines: Line) -> Callable[[Packed], str]:
    return lambda packed: packed.tree(lines)


def _bomb(levels: int, width: int) -> Callable[[Packed], str]:
    """Return the maker of trees that name the one below them many times."""

    def make(packed: Packed) -> str:
        oid = packed.tree([(FILE, b"%03d" % each, b"x") for each in range(width)])
        for _ in range(levels):
            below = bytes.fromhex(oid)
            oid = packed.add("tree", b"".join(FOLDER + b" %03d\0" % each + below for each in range(width)))
        return oid

    return make


def _lost(mode: bytes) -> Callable[[Packed], str]:
    return lambda packed: packed.add("tree", mode + b" a\0" + b"\x07" * 20)


TREES: dict[str, Callable[[Packed], str]] = {
    "a symbolic link": _of((b"120000", b"link", b"/etc/passwd")),
    "a link to git's folder": _of((b"120000", b"link", b".git/hooks")),
    "a link beside a folder of its name": _raw(b"120000 a", b"40000 a"),
    "a submodule": _of((b"160000", b"sub", b"")),
    "a file that all may write": _of((b"100664", b"a", b"x")),
    "a file with the bit of another user": _of((b"104755", b"a", b"x")),
    "a device": _of((b"020666", b"a", b"x")),
    "a mode with a zero in front": _raw(b"0100644 a"),
    "a folder with a zero in front": lambda packed: packed.add(
        "tree", b"040000 a\0" + bytes.fromhex(packed.tree([(FILE, b"x", b"y")]))
    ),
    "no mode": _raw(b" a"),
    "a mode that is no number": _raw(b"10x644 a"),
    "a mode beyond all": _raw(b"7" * 40 + b" a"),
    "a folder that is a file": _raw(b"40000 a"),
    "a file that is a folder": lambda packed: packed.add(
        "tree", b"100644 a\0" + bytes.fromhex(packed.tree([(FILE, b"x", b"y")]))
    ),
    "twice the same": _raw(b"100644 a", b"100644 a"),
    "a file and a folder of one name": lambda packed: packed.tree(
        [(FILE, b"a", b"x"), (FOLDER, b"a", [(FILE, b"x", b"y")])]
    ),
    "not in order": _raw(b"100644 b", b"100644 a"),
    "no name": _raw(b"100644 "),
    "a slash in a name": _raw(b"100644 a/b"),
    "not UTF-8": _raw(b"100644 \xff\xfe"),
    "half a character": _raw(b"100644 a\xed\xa0\x80"),
    "a longer spelling of a slash": _raw(b"100644 ..\xc0\xafx"),
    "nothing but half a line": lambda packed: packed.add("tree", b"100644 a"),
    "half an id": lambda packed: packed.add("tree", b"100644 a\0" + b"1" * 10),
    "an id of nothing but zeros": lambda packed: packed.add("tree", b"100644 a\0" + bytes(20)),
    "a file that never came": _lost(FILE),
    "a folder that never came": _lost(FOLDER),
    "folders without measure": _bomb(12, 100),
    "a pointer to what never came": _of(
        (FILE, b"a", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 3\n")
    ),
    "attributes that are no text": _of((b"120000", b".gitattributes", b"x")),
    "attributes of a line without end": _of((FILE, b".gitattributes", b"*" * 5000 + b" text\n")),
}


@pytest.mark.parametrize("make", TREES.values(), ids=TREES.keys())
def test_a_tree_that_harms_somebody_is_refused(eve: Asker, make: Callable[[Packed], str]) -> None:
    before = head_of(eve)
    packed = Packed()
    said = push(eve, packed, packed.commit(make(packed), before))
    assert said is not None
    assert said.isprintable()
    assert head_of(eve) == before


def test_attributes_of_a_line_without_end_are_refused_by_the_api_too(eve: Asker) -> None:
    for path in (".gitattributes", "a/.gitattributes"):
        assert commit(eve, path, b"*" * 5000 + b" text\n") is not None


def test_a_wide_folder_is_taken_and_listed_in_pages(eve: Asker) -> None:
    packed, before = Packed(), head_of(eve)
    wide = packed.tree([(FILE, b"%06d" % each, b"x") for each in range(20_000)])
    assert push(eve, packed, packed.commit(wide, before)) is None
    page = json.loads(eve.get("/api/models/eve/trees/tree/main").body)
    assert 0 < len(page) <= 1000


COMMITS: dict[str, bytes] = {
    "a line feed in the author": b"Eve\nparent " + b"1" * 40 + b" <eve@example.org> 1 +0000",
    "a NUL in the author": b"E\0ve <eve@example.org> 1700000000 +0000",
    "no address": b"Eve 1700000000 +0000",
    "an address without end": b"Eve <eve@example.org 1700000000 +0000",
    "two addresses": b"Eve <a@b> <c@d> 1700000000 +0000",
    "no date": b"Eve <eve@example.org>",
    "a date that is no number": b"Eve <eve@example.org> soon +0000",
    "a date beyond all": b"Eve <eve@example.org> " + b"9" * 30 + b" +0000",
    "a date before all": b"Eve <eve@example.org> -" + b"9" * 18 + b" +0000",
    "a zone that is none": b"Eve <eve@example.org> 1700000000 east",
}


@pytest.mark.parametrize("author", COMMITS.values(), ids=COMMITS.keys())
def test_an_author_that_git_can_not_read_is_refused(eve: Asker, author: bytes) -> None:
    before = head_of(eve)
    packed = Packed()
    tree = packed.tree([(FILE, b"x", b"y")])
    assert push(eve, packed, packed.commit(tree, before, author=author)) is not None
    assert head_of(eve) == before


MESSAGES = {"a NUL": "a\0b", "half a character": "a\udc00b"}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_that_git_can_not_keep_is_refused_at_both_doors(eve: Asker, message: str) -> None:
    before = head_of(eve)
    refused = eve.commit("eve/trees", added("m.txt", message.encode("utf-8", "replace")), summary=message)
    assert refused.status == 400
    if "\0" in message:
        packed = Packed()
        tree = packed.tree([(FILE, b"x", b"new")])
        assert push(eve, packed, packed.commit(tree, before, message=message.encode())) is not None
    assert head_of(eve) == before


@pytest.mark.parametrize("message", ["a\r\nX-Evil: y", "a\x1b[2J", "a\u202eb", "<script>alert(1)</script>", "x" * 5000])
def test_an_odd_message_ends_no_header_and_is_told_as_it_is(eve: Asker, message: str) -> None:
    packed, before = Packed(), head_of(eve)
    tree = packed.tree([(FILE, b"x", hashlib.sha256(message.encode()).digest()[:4].hex().encode())])
    pushed = push(eve, packed, packed.commit(tree, before, message=message.encode()))
    assert pushed is None
    done = eve.commit("eve/trees", added("m.txt", message.encode()), summary=message)
    assert done.status == 200
    listed = eve.get("/api/models/eve/trees/commits/main")
    assert "x-evil" not in listed.headers
    assert listed.status == 200
    shown = eve.get("/eve/trees/commits/main", Accept="text/html")
    assert b"<script>alert" not in shown.body


def test_what_is_no_commit_is_not_what_a_branch_is_at(eve: Asker) -> None:
    packed = Packed()
    blob = packed.add("blob", b"text")
    tree = packed.tree([(FILE, b"x", b"y")])
    tagger = b"tagger " + WHO + b"\n\nmessage\n"
    tagged_tree = packed.add("tag", b"object " + tree.encode() + b"\ntype tree\ntag t\n" + tagger)
    tagged_blob = packed.add("tag", b"object " + blob.encode() + b"\ntype blob\ntag t\n" + tagger)
    deep = packed.commit(tree)
    for _ in range(30):
        kind = packed.objects[deep][0].encode()
        deep = packed.add("tag", b"object " + deep.encode() + b"\ntype " + kind + b"\ntag t\n" + tagger)
    nothing = "0" * 40
    for number, oid in enumerate((blob, tree, tagged_tree, tagged_blob, deep)):
        assert push(eve, packed, oid, f"refs/tags/t{number}", nothing) is not None
        assert push(eve, packed, oid, f"refs/heads/b{number}", nothing) is not None
    refs = eve.get("/api/models/eve/trees/refs").json
    assert [each["name"] for each in refs["tags"]] == []
    assert [each["name"] for each in refs["branches"]] == ["main"]


def test_a_pull_request_takes_no_history_that_is_not_ours_as_its_merge(eve: Asker) -> None:
    opened = eve.post("/api/models/eve/trees/discussions", {"title": "Odd", "description": "x", "pullRequest": True})
    number = opened.json["num"]
    refs = eve.get("/api/models/eve/trees/refs?include_prs=1").json
    at = next(each["targetCommit"] for each in refs["pullRequests"] if each["ref"] == f"refs/pr/{number}")
    packed = Packed()
    orphan = packed.commit(packed.tree([(FILE, b"orphan", b"y")]))
    before = head_of(eve)
    said = push(eve, packed, orphan, f"refs/pr/{number}", at)
    merged = eve.post(f"/api/models/eve/trees/discussions/{number}/merge", {})
    assert said is not None or merged.status < 500
    if merged.status != 200:
        assert head_of(eve) == before


def test_references_of_names_that_harm_are_refused_at_both_doors(eve: Asker) -> None:
    head = head_of(eve)
    packed = Packed()
    packed.add("blob", b"something")
    ends = ["x/", "é\u202e", "a\n", "a" * 300]
    for name in ["-x", "a..b", "a.lock", "a/.b", "@", "a@{b", "a b", "a~1", "a^", "a:b", "a\\b", *ends]:
        reply = eve.post(f"/api/models/eve/trees/branch/{quote(name, safe='')}", {})
        assert 400 <= reply.status < 500, name
        command = packet(f"{'0' * 40} {head} refs/heads/{name}\0report-status".encode()) + FLUSH
        told = eve.post("/eve/trees.git/git-receive-pack", command + packed.pack())
        assert told.status in (200, 400)
        assert b"\nok refs" not in told.body, name


FLOODS: dict[str, bytes] = {
    "a line without end": b'{"key":"header","value":{"summary":"' + b"x" * (64 * 2**20),
    "many lines": b'{"key":"header","value":{"summary":"x"}}\n'
    + b'{"key":"deletedFile","value":{"path":"a"}}\n' * 600_000,
    "many empty lines": b"\n" * (32 * 2**20),
    "many headers": b'{"key":"header","value":{"summary":"x"}}\n' * 1000,
    "deep": b'{"key":"header","value":' + b"[" * 200_000,
    "wide": b'{"key":"header","value":{' + b",".join(b'"%d":1' % each for each in range(200_000)) + b"}}\n",
    "a key of another kind": b'{"key":["header"],"value":{}}\n',
    "a large number": b'{"key":"header","value":{"summary":' + b"9" * 10_000 + b"}}\n",
    "unknown keys": b'{"key":"header","value":{"summary":"x"}}\n' + b'{"key":"evil","value":{}}\n',
    "bytes that are no base64": b'{"key":"header","value":{"summary":"x"}}\n'
    b'{"key":"file","value":{"path":"a","content":"\xc3\xa9!!","encoding":"base64"}}\n',
    "a size beyond all": b'{"key":"header","value":{"summary":"x"}}\n'
    b'{"key":"lfsFile","value":{"path":"a","algo":"sha256","oid":"' + b"a" * 64 + b'","size":1000000000000000000}}\n',
    "a size below nothing": b'{"key":"header","value":{"summary":"x"}}\n'
    b'{"key":"lfsFile","value":{"path":"a","algo":"sha256","oid":"' + b"a" * 64 + b'","size":-1}}\n',
    "an id that is a path": b'{"key":"header","value":{"summary":"x"}}\n'
    b'{"key":"lfsFile","value":{"path":"a","algo":"sha256","oid":"../../../../etc/passwd","size":3}}\n',
}


@pytest.mark.parametrize("body", FLOODS.values(), ids=FLOODS.keys())
def test_a_commit_that_is_a_flood_or_nonsense_is_refused(eve: Asker, body: bytes) -> None:
    before = head_of(eve)
    reply = eve.ask("POST", "/api/models/eve/trees/commit/main", body, {"Content-Type": "application/x-ndjson"})
    assert 400 <= reply.status < 500, reply
    assert head_of(eve) == before


def test_the_doors_take_the_same_sound_tree(eve: Asker) -> None:
    packed, before = Packed(), head_of(eve)
    tree = packed.tree([(FILE, b"a.txt", b"sound"), (b"100755", b"run.sh", b"#!"), (FOLDER, b"d", [(FILE, b"e", b"")])])
    assert push(eve, packed, packed.commit(tree, before)) is None
    assert eve.get("/eve/trees/resolve/main/a.txt").body == b"sound"
