"""Large files in parts: whole only when each part is the one that was sent, and gone when nobody comes back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyhub.errors import CorruptFileError, TooLargeError, ValidationError
from anyhub.server.uploads import Uploads

UPLOAD = "ab" * 32


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", 3600)


def _sent(uploads: Uploads, *parts: bytes) -> list[tuple[int, str]]:
    return [(number, uploads.put(UPLOAD, number, len(part), [part])) for number, part in enumerate(parts, 1)]


def test_parts_become_one_file_in_their_order(uploads: Uploads, tmp_path: Path) -> None:
    etags = {number: uploads.put(UPLOAD, number, 3, [part]) for number, part in ((3, b"ghi"), (1, b"abc"), (2, b"def"))}
    digest = uploads.join(UPLOAD, sorted(etags.items()), 3, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"abcdefghi"
    assert (digest.sha256, digest.size) == (hashlib.sha256(b"abcdefghi").hexdigest(), 9)


def test_an_etag_may_come_back_in_quotes(uploads: Uploads, tmp_path: Path) -> None:
    ((number, etag),) = _sent(uploads, b"abc")
    assert uploads.join(UPLOAD, [(number, f'"{etag}"')], 1, tmp_path / "whole").size == 3


def test_parts_outlive_the_server(uploads: Uploads, tmp_path: Path) -> None:
    sent = dict(_sent(uploads, b"abc", b"def"))
    assert Uploads(tmp_path / "uploads", 3600).received(UPLOAD) == sent


def test_a_part_that_is_sent_again_takes_the_place_of_the_first(uploads: Uploads, tmp_path: Path) -> None:
    (first,) = _sent(uploads, b"abc")
    (second,) = _sent(uploads, b"xyz!")
    assert first != second
    with pytest.raises(ValidationError, match="Part 1 is not the one"):
        uploads.join(UPLOAD, [first], 1, tmp_path / "whole")
    uploads.join(UPLOAD, [second], 1, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"xyz!"


@pytest.mark.parametrize(
    ("numbers", "part"), [((1, 2), 3), ((1, 3), 2), ((2, 1, 3), 1), ((1, 1, 2, 3), 2), ((1, 2, 3, 4), 4), ((), 1)]
)
def test_parts_that_are_missing_or_twice_or_out_of_order_are_named(
    uploads: Uploads, tmp_path: Path, numbers: tuple[int, ...], part: int
) -> None:
    etags = dict(_sent(uploads, b"abc", b"def", b"ghi"))
    with pytest.raises(ValidationError, match=f"part {part}"):
        uploads.join(UPLOAD, [(number, etags.get(number, "x")) for number in numbers], 3, tmp_path / "whole")
    assert not (tmp_path / "whole").exists()


def test_a_part_that_never_came_is_named(uploads: Uploads, tmp_path: Path) -> None:
    sent = _sent(uploads, b"abc")
    with pytest.raises(ValidationError, match="Part 2 has not come"):
        uploads.join(UPLOAD, [*sent, (2, "x")], 2, tmp_path / "whole")


def test_a_part_of_another_length_is_not_kept(uploads: Uploads) -> None:
    with pytest.raises(CorruptFileError, match="only 2 were sent"):
        uploads.put(UPLOAD, 1, 3, [b"ab"])
    with pytest.raises(TooLargeError, match="3 bytes"):
        uploads.put(UPLOAD, 1, 3, [b"ab", b"cd"])
    assert uploads.received(UPLOAD) == {}


def test_a_part_that_is_cut_leaves_the_one_that_was_there(uploads: Uploads) -> None:
    def cut() -> Iterator[bytes]:
        yield b"x"
        raise ConnectionError

    sent = dict(_sent(uploads, b"abc"))
    with pytest.raises(ConnectionError):
        uploads.put(UPLOAD, 1, 3, cut())
    assert uploads.received(UPLOAD) == sent
    assert [path.name for path in next((uploads._root).iterdir()).iterdir()] == ["1"]


def test_uploads_to_which_nobody_comes_back_are_removed(uploads: Uploads, tmp_path: Path) -> None:
    _sent(uploads, b"abc")
    folder = tmp_path / "uploads" / UPLOAD
    os.utime(folder, (0, 0))
    uploads.put("cd" * 32, 1, 1, [b"x"])
    assert not folder.exists()


def test_an_upload_is_removed_with_all_its_parts(uploads: Uploads) -> None:
    _sent(uploads, b"abc", b"def")
    uploads.remove(UPLOAD)
    assert uploads.received(UPLOAD) == {}
