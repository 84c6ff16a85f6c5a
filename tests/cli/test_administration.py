"""The commands that settle repositories and people, on a hub in a folder and on one that is served."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anyhub import HfApi
from anyhub.server.embedded import RunningHub

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _place(place: str) -> None:
    """Every test here is run on both kinds of hub."""


def test_a_repository_is_created_settled_moved_and_deleted(told: Run) -> None:
    assert told("repo", "create", "ada/x", "--private", "--json")["id"] == "ada/x"
    told("repo", "create", "ada/x", code=4)
    told("repo", "create", "ada/x", "--exist-ok")
    settled = told("repo", "settings", "ada/x", "--public", "--gated", "manual", "--json")
    assert settled == {"id": "ada/x", "type": "model", "private": False, "gated": "manual"}
    assert told("repo", "settings", "ada/x", "--gated", "off") == "ada/x: public\n"
    assert told("repo", "move", "ada/x", "ada/y") == "ada/y\n"
    told("repo", "delete", "ada/y", "--yes")
    assert not HfApi().repo_exists("ada/y")
    told("repo", "delete", "ada/y", "--yes", code=3)
    told("repo", "delete", "ada/y", "--yes", "--missing-ok")


def test_a_repository_is_described(told: Run, tmp_path: Path) -> None:
    told("repo", "create", "ada/x", "--private")
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\npipeline_tag: translation\nlibrary_name: pytorch\n---\n")
    told("upload", "ada/x", card, "README.md")
    facts = told("repo", "info", "ada/x", "--json")
    assert (facts["id"], facts["type"], facts["private"], facts["gated"]) == ("ada/x", "model", True, None)
    assert (facts["pipeline_tag"], facts["library"]) == ("translation", "pytorch")
    assert "license:mit" in facts["tags"]
    assert (facts["likes"], facts["downloads"], facts["storage"]) == (0, 0, 0)
    assert facts["head"] == HfApi().repo_info("ada/x").sha
    assert facts["created_at"].endswith("Z")
    lines = dict(line.split(maxsplit=1) for line in told("repo", "info", "ada/x").splitlines())
    assert (lines["REPOSITORY"], lines["task"], lines["main"]) == ("ada/x", "translation", facts["head"])
    told("repo", "info", "ada/absent", code=3)


def test_a_repository_is_duplicated_as_private_as_it_is(told: Run) -> None:
    told("repo", "create", "ada/x", "--private")
    told("tag", "create", "ada/x", "v1")
    assert told("repo", "duplicate", "ada/x", "ada/y", "--json")["id"] == "ada/y"
    assert told("repo", "info", "ada/y", "--json")["private"]
    assert [tag["name"] for tag in told("tag", "list", "ada/y", "--json")] == ["v1"]
    told("repo", "duplicate", "ada/x", "ada/y", code=4)
    told("repo", "duplicate", "ada/x", "ada/y", "--exist-ok")
    told("repo", "duplicate", "ada/x", "ada/z", "--public")
    assert not told("repo", "info", "ada/z", "--json")["private"]
    told("repo", "duplicate", "ada/absent", "ada/q", code=3)


def test_a_tag_can_have_a_message(told: Run, served: RunningHub) -> None:
    told("repo", "create", "ada/x")
    told("tag", "create", "ada/x", "v1", "--message", "What the paper used")
    with served.hub.git_dir(served.hub.repo_id("ada/x")) as folder:
        shown = subprocess.check_output(["git", "-C", folder, "cat-file", "tag", "v1"], text=True)
    assert "What the paper used" in shown


def test_settings_without_one_are_refused(told: Run) -> None:
    told("repo", "create", "ada/x")
    assert "--private, --public or --gated" in told("repo", "settings", "ada/x", code=2)


def test_nothing_is_deleted_without_a_yes(told: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told("repo", "create", "ada/x")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "give --yes" in told("repo", "delete", "ada/x", code=2)
    assert HfApi().repo_exists("ada/x")


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_branches_and_tags_are_created_listed_and_deleted(told: Run, kind: str) -> None:
    told("repo", "create", "ada/x")
    made = told(kind, "create", "ada/x", "one", "--json")
    assert made in told(kind, "list", "ada/x", "--json")
    told(kind, "create", "ada/x", "one", code=4)
    told(kind, "create", "ada/x", "bad..name", code=2)
    told(kind, "create", "ada/x", "two", "--revision", "missing", code=3)
    told(kind, "delete", "ada/x", "one")
    assert made not in told(kind, "list", "ada/x", "--json")
    told(kind, "delete", "ada/x", "one", code=3)


def test_a_pull_request_is_opened_filled_discussed_and_merged(told: Run, tmp_path: Path) -> None:
    told("repo", "create", "ada/x")
    (tmp_path / "a.txt").write_text("a")
    opened = told("pr", "create", "ada/x", "Wider", "--description", "Much wider.", "--json")
    assert (opened["number"], opened["status"], opened["title"]) == (1, "draft", "Wider")
    told("upload", "ada/x", tmp_path / "a.txt", "--revision", "refs/pr/1")
    assert told("pr", "reopen", "ada/x", "#1", "--json")["status"] == "open"
    told("pr", "comment", "ada/x", "1", "Good.")
    assert "Good." in told("pr", "show", "ada/x", "1")
    assert len(told("pr", "merge", "ada/x", "1", "--json")["commit"]) == 40
    assert "a.txt" in HfApi().list_repo_files("ada/x")
    assert [each["status"] for each in told("pr", "list", "ada/x", "--json")] == ["merged"]
    told("pr", "merge", "ada/x", "1", code=4)
    told("pr", "show", "ada/x", "9", code=3)


def test_discussions_are_listed_when_asked_for(told: Run) -> None:
    told("repo", "create", "ada/x")
    assert told("pr", "create", "ada/x", "Why?", "--discussion").endswith("/ada/x/discussions/1\n")
    assert told("pr", "list", "ada/x", "--json") == []
    assert [each["title"] for each in told("pr", "list", "ada/x", "--discussions", "--json")] == ["Why?"]
    assert told("pr", "close", "ada/x", "1", "--json") == {"number": 1, "status": "closed"}


def test_users_are_created_listed_and_deleted(told: Run) -> None:
    assert told("user", "create", "grace", "--fullname", "Grace Hopper", "--json")["fullname"] == "Grace Hopper"
    told("user", "create", "Grace", code=4)
    assert [each["name"] for each in told("user", "list", "--json")] == ["ada", "grace", "username"]
    told("user", "delete", "grace", "--yes")
    told("user", "delete", "grace", "--yes", code=3)
    told("user", "create", "grace", code=4)


def test_an_organisation_has_members_with_roles(told: Run) -> None:
    told("user", "create", "grace")
    told("org", "create", "lab", "--admin", "ada")
    told("org", "add", "lab", "grace", "--role", "read")
    assert told("org", "members", "lab", "--json") == [
        {"user": "ada", "role": "admin"},
        {"user": "grace", "role": "read"},
    ]
    told("org", "remove", "lab", "ada", code=4)
    told("org", "remove", "lab", "grace")
    told("org", "delete", "lab", "--yes")
    assert told("org", "list", "--json") == []


def test_tokens_are_made_listed_and_revoked(told: Run) -> None:
    made = told("token", "create", "ci", "--user", "ada", "--scope", "model:ada/x:repo.write", "--json")
    assert made["secret"].startswith("ahf_")
    assert made["role"] == "fineGrained"
    assert "secret" not in told("token", "list", "--user", "ada", "--json")[0]
    told("token", "create", "ci", "--user", "ada", code=4)
    told("token", "create", "x", "--user", "ada", "--scope", "nonsense", code=2)
    told("token", "create", "x", "--user", "ada", "--expires-in", "soon", code=2)
    told("token", "revoke", "ci", "--user", "ada")
    assert "ci" not in [each["name"] for each in told("token", "list", "--user", "ada", "--json")]


def test_who_is_meant_is_asked_for_where_nobody_logs_in(told: Run, place: str) -> None:
    if place == "server":
        told("org", "create", "lab")
        assert told("org", "members", "lab", "--json") == [{"user": "username", "role": "admin"}]
        assert {each["user"] for each in told("token", "list", "--json")} == {"username"}
    else:
        assert "--admin" in told("org", "create", "lab", code=2)
        assert "--user" in told("token", "list", code=2)
