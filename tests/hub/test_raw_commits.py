"""Commits and tags are read whatever strangers wrote in them."""

from __future__ import annotations

import pytest

from anyhub.errors import ValidationError
from anyhub.git.objects import GitObject
from anyhub.hub.commits.raw_commits import commit_of, tagged, with_other_ids

TREE, PARENT, OTHER = "1" * 40, "2" * 40, "3" * 40


def commit(
    author: bytes = b"Ada <a@b> 5 +0100", committer: bytes = b"C <c@d> 7 -0200", message: bytes = b"T\n"
) -> GitObject:
    head = f"tree {TREE}\nparent {PARENT}\n".encode()
    return GitObject.of("commit", head + b"author " + author + b"\ncommitter " + committer + b"\n\n" + message)


def test_a_commit_is_what_git_would_say() -> None:
    found = commit_of(commit(message=b"Title\n\nBody\nof it.\n"))
    assert (found.tree, found.parents, found.author) == (TREE, (PARENT,), "Ada")
    assert (found.title, found.body, found.date.timestamp()) == ("Title", "Body\nof it.", 7)


@pytest.mark.parametrize("committer", [b"", b"no date", b"C <c> 99999999999999999999 +0000", b"C <c> -5 +0000"])
def test_a_date_that_can_not_be_one_is_the_first_second(committer: bytes) -> None:
    assert commit_of(commit(committer=committer)).date.timestamp() == 0


def test_a_date_after_the_last_year_is_the_last_second() -> None:
    assert commit_of(commit(committer=b"C <c> 999999999999999 +0000")).date.year == 9999


@pytest.mark.parametrize(
    ("author", "expected"), [(b"<a@b> 5 +0000", ""), (b"no mail", ""), (b"G\xe4 <a> 1 +0", "G\ufffd")]
)
def test_an_author_is_kept_as_far_as_it_can_be(author: bytes, expected: str) -> None:
    assert commit_of(commit(author=author)).author == expected


@pytest.mark.parametrize("data", [b"", b"tree x\n\nm", f"tree {TREE}\nparent y\n\nm".encode(), b"\xff" * 50])
def test_what_is_no_commit_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError, match="can not be read"):
        commit_of(GitObject.of("commit", data))


def test_a_tag_tells_what_it_is_of() -> None:
    assert tagged(GitObject.of("tag", f"object {OTHER}\ntype commit\ntag v1\n\nm\n".encode())) == OTHER
    with pytest.raises(ValidationError):
        tagged(commit())


def test_a_commit_with_other_ids_is_the_same_but_for_its_signature() -> None:
    plain = commit()
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n abc\n -----END PGP SIGNATURE-----\n"
    signed = GitObject.of("commit", plain.data.replace(b"\n\n", b"\n" + signature + b"\n", 1))
    made = with_other_ids(signed, {PARENT: OTHER})
    assert made.data == plain.data.replace(PARENT.encode(), OTHER.encode())
