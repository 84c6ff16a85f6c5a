"""Pages for people: what stands on them, what they never run, and what those see who may not look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from visitors import Place, Reply, Visitor

from anyhub.server.doors import web
from anyhub.values import AddFile, RepoId

EVIL = "<script>alert(1)</script>"
CARD = f"---\nlicense: mit\npipeline_tag: translation\n---\n# A model\n\n{EVIL}\n".encode()
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "hub", anonymous_read=True, public_url="https://hub.example.org")
    yield made
    made.close()


@pytest.fixture
def ada(place: Place) -> Visitor:
    return place.user("ada")


@pytest.fixture
def net(place: Place, ada: Visitor) -> RepoId:
    repo = place.repo("ada/net")
    files = [
        AddFile("README.md", CARD),
        AddFile("weights.bin", b"\0" * 3000),
        AddFile("deep/er/a&b; c.txt", EVIL.encode()),
        AddFile("long.txt", b"x" * 600_000),
    ]
    place.hub.commit(repo, files, message=f"All {EVIL}", description="Why so")
    return repo


def browse(visitor: Visitor, path: str) -> Reply:
    return visitor.ask("GET", path, headers=BROWSER)


def test_a_repository_is_shown_with_its_card_as_text(place: Place, net: RepoId) -> None:
    shown = browse(place.nobody, "/ada/net")
    assert shown.status == 200
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "# A model" in shown.text
    assert "license: mit" not in shown.text
    assert "translation" in shown.text
    assert "git clone https://hub.example.org/ada/net" in shown.text


def paths(place: Place, net: RepoId) -> list[str]:
    head = place.hub.resolve(net).oid
    number = place.hub.open_discussion(net, f"Title {EVIL}", f"Said {EVIL}").number
    proposed = place.hub.commit(net, [AddFile("a.txt", b"a")], message=EVIL, pull_request=True).pull_request
    assert proposed
    return [
        "/ada",
        "/ada/net",
        "/ada/net/tree/main",
        "/ada/net/tree/main/deep/er",
        "/ada/net/blob/main/deep/er/a%26b%3B%20c.txt",
        f"/ada/net/commit/{head}",
        "/ada/net/discussions",
        f"/ada/net/discussions/{number}",
        f"/ada/net/discussions/{proposed.number}",
    ]


def test_nothing_that_somebody_wrote_is_run_by_a_browser(place: Place, net: RepoId) -> None:
    for path in paths(place, net):
        shown = browse(place.nobody, path)
        assert shown.status == 200, path
        assert "<script" not in shown.text, path
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert shown.headers["x-frame-options"] == "DENY"


def test_every_link_of_a_page_leads_somewhere(place: Place, net: RepoId) -> None:
    todo, seen = ["/ada"], set()
    paths(place, net)
    while todo:
        path = todo.pop()
        seen.add(path)
        shown = browse(place.nobody, path)
        assert shown.status == 200, path
        if shown.headers["content-type"].startswith("text/html"):
            links = [each.removeprefix("https://hub.example.org") for each in re.findall(r'href="([^"]*)"', shown.text)]
            todo += [each for each in links if each not in seen and each not in todo]
    assert "/ada/net/resolve/main/weights.bin?download=true" in seen
    assert any(path.startswith("/ada/net/tree/refs%2Fpr%2F") for path in seen)


def test_files_are_listed_with_sizes(place: Place, net: RepoId) -> None:
    shown = browse(place.nobody, "/ada/net/tree/main").text
    assert "3.0 kB" in shown
    assert "600.0 kB" in shown
    assert "deep/" in shown


def test_a_file_that_is_long_or_no_text_is_only_there_to_download(place: Place, net: RepoId) -> None:
    for name in ("long.txt", "weights.bin"):
        shown = browse(place.nobody, f"/ada/net/blob/main/{name}").text
        assert f"/ada/net/resolve/main/{name}?download=true" in shown
        assert len(shown) < 20_000


def test_a_commit_shows_what_it_changed_also_the_first(place: Place, net: RepoId) -> None:
    newest, first = place.hub.history(net)
    shown = browse(place.nobody, f"/ada/net/commit/{newest.oid}").text
    assert "+# A model" in shown
    assert "Why so" in shown
    assert "+*.bin filter=lfs" in browse(place.nobody, f"/ada/net/commit/{first.oid}").text


def test_a_private_repository_looks_like_one_that_is_not_there(place: Place, ada: Visitor, net: RepoId) -> None:
    hidden = place.repo("ada/hidden", private=True)
    place.hub.commit(hidden, [AddFile("a.txt", b"a")], message="A file")
    bob = place.user("bob")
    for below in ("", "/tree/main", "/blob/main/a.txt", f"/commit/{'0' * 40}", "/discussions", "/discussions/1"):
        assert browse(ada, f"/ada/hidden{below}").status == (404 if re.search("[01]", below) else 200)
        for visitor, status in ((place.nobody, 401), (bob, 404)):
            seen, absent = (browse(visitor, f"/ada/{name}{below}") for name in ("hidden", "absent"))
            assert (seen.status, seen.body.replace(b"hidden", b"absent")) == (absent.status, absent.body)
            assert seen.status == status
            assert "anyhub login" in seen.text
            assert "hf auth login" in seen.text
    assert "hidden" not in browse(place.nobody, "/ada").text
    assert "hidden" in browse(ada, "/ada").text


def test_somebody_with_nothing_to_see_looks_like_nobody(place: Place) -> None:
    place.user("quux")
    place.repo("quux/hidden", private=True)
    seen, absent = browse(place.nobody, "/quux"), browse(place.nobody, "/xyz")
    assert (seen.status, seen.body.replace(b"quux", b"xyz")) == (404, absent.body)


def test_who_does_not_ask_for_a_page_is_refused_in_json(place: Place) -> None:
    refused = place.nobody.get("/ada/absent")
    assert (refused.status, refused.json["type"]) == (401, "RepositoryNotFound")
    assert place.nobody.get("/api/nothing").status == 404


def test_a_hub_that_shows_nothing_to_nobody_in_particular_says_how_to_log_in(tmp_path: Path) -> None:
    closed = Place(tmp_path / "closed")
    try:
        for path in ("/ada", "/ada/net", "/ada/net/tree/main"):
            shown = browse(closed.nobody, path)
            assert shown.status == 401
            assert "anyhub login" in shown.text
    finally:
        closed.close()


def test_the_card_of_a_gated_repository_is_not_shown_to_who_has_no_access(place: Place, net: RepoId) -> None:
    place.hub.set_gated(net, "manual")
    shown = browse(place.nobody, "/ada/net")
    assert shown.status == 200
    assert "# A model" not in shown.text
    assert "restricted" in shown.text
    assert browse(place.nobody, f"/ada/net/commit/{place.hub.resolve(net).oid}").status == 401


def test_a_page_of_a_repository_that_moved_leads_to_where_it_is(place: Place, net: RepoId) -> None:
    place.hub.move(net, RepoId("ada", "moved"))
    answer = browse(place.nobody, "/ada/net/tree/main")
    assert (answer.status, answer.headers["location"]) == (307, "/ada/moved/tree/main")


def test_a_folder_at_the_address_of_a_file_leads_to_its_files(place: Place, net: RepoId) -> None:
    answer = browse(place.nobody, "/ada/net/blob/main/deep")
    assert (answer.status, answer.headers["location"]) == (307, "https://hub.example.org/ada/net/tree/main/deep")


def test_a_long_folder_is_shown_page_by_page(place: Place, net: RepoId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PAGE", 2)
    names: list[str] = []
    for number in range(3):
        shown = browse(place.nobody, f"/ada/net/tree/main?p={number}").text
        names += re.findall(r'href="[^"]*/(?:tree|blob)/main/([^"]*)"', shown)
        assert (f'href="?p={number + 1}"' in shown) is (number < 2)
    assert sorted(names) == [".gitattributes", "README.md", "deep", "long.txt", "weights.bin"]


def test_a_dataset_says_how_it_is_downloaded_as_one(place: Place) -> None:
    place.hub.create(RepoId("ada", "rows", "dataset"))
    shown = browse(place.nobody, "/datasets/ada/rows")
    assert shown.status == 200
    assert "hf download ada/rows --repo-type dataset" in shown.text
    assert "git clone https://hub.example.org/datasets/ada/rows" in shown.text
