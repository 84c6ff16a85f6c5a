"""Tokens by origin: kept where only their owner reads them, and given to no other origin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from anyhub.errors import AuthenticationError, CorruptFileError, ValidationError
from anyhub.hub.configured import choose_endpoint, chosen_endpoint
from anyhub.hub.credentials import PUBLIC_HUB, OriginCredentials, forget, origins, secret_of, store
from anyhub.transfer.origins import Origin
from anyhub.transfer.secret import Secret

LAB = Origin.of("https://lab.example:8443")
OTHER = Origin.of("https://lab.example")


@pytest.fixture(autouse=True)
def _no_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ANYHUB_TOKEN", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "stock"))


def text(token: str | bool | None, origin: Origin, home: Path) -> str | None:
    found = secret_of(token, origin, home)
    return None if found is None else found.text


def test_a_token_that_is_kept_is_for_its_origin_alone(tmp_path: Path) -> None:
    store(tmp_path, LAB, "lab-token")
    assert text(None, LAB, tmp_path) == text(True, LAB, tmp_path) == "lab-token"
    assert text(None, OTHER, tmp_path) is None
    assert text(False, LAB, tmp_path) is None
    assert text("given", LAB, tmp_path) == "given"
    assert OriginCredentials(LAB, Secret("x")).secret_for(OTHER) is None


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files")
def test_only_the_owner_reads_the_file_whatever_its_mode_was(tmp_path: Path) -> None:
    store(tmp_path, LAB, "one")
    file = tmp_path / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(AuthenticationError, match="chmod 600"):
        secret_of(None, LAB, tmp_path)


def test_tokens_are_forgotten_one_by_one_or_all(tmp_path: Path) -> None:
    assert forget(tmp_path) == []
    store(tmp_path, LAB, "one")
    store(tmp_path, OTHER, "two")
    assert origins(tmp_path) == sorted([str(LAB), str(OTHER)])
    assert forget(tmp_path, LAB) == [str(LAB)]
    assert text(None, LAB, tmp_path) is None
    assert text(None, OTHER, tmp_path) == "two"
    assert forget(tmp_path) == [str(OTHER)]


def test_a_token_that_has_to_be_there_and_is_not_is_told_with_the_way_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="anyhub login"):
        secret_of(True, LAB, tmp_path)


@pytest.mark.parametrize(
    ("environment", "origin", "expected"),
    [
        ({"ANYHUB_TOKEN": "a", "ANYHUB_ENDPOINT": "https://lab.example:8443"}, LAB, "a"),
        ({"ANYHUB_TOKEN": "a", "ANYHUB_ENDPOINT": "https://lab.example:8443"}, OTHER, None),
        ({"ANYHUB_TOKEN": "a", "HF_ENDPOINT": "https://lab.example:8443/"}, LAB, "a"),
        ({"ANYHUB_TOKEN": "a"}, LAB, None),
        ({"HF_TOKEN": "h", "HF_ENDPOINT": "https://lab.example:8443"}, LAB, "h"),
        ({"HF_TOKEN": "h", "HF_ENDPOINT": "https://lab.example:8443"}, PUBLIC_HUB, None),
        ({"HF_TOKEN": "h"}, PUBLIC_HUB, "h"),
        ({"HF_TOKEN": "h", "ANYHUB_ENDPOINT": "https://lab.example:8443"}, LAB, None),
        ({"HF_TOKEN": "h", "ANYHUB_ENDPOINT": "https://lab.example:8443"}, PUBLIC_HUB, "h"),
    ],
)
def test_a_token_of_the_environment_is_for_the_hub_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], origin: Origin, expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert text(None, origin, tmp_path) == expected


def test_a_token_of_the_environment_is_for_the_hub_that_was_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANYHUB_TOKEN", "a")
    choose_endpoint(tmp_path, "https://lab.example:8443")
    assert text(None, LAB, tmp_path) == "a"
    assert chosen_endpoint(tmp_path) == "https://lab.example:8443"
    choose_endpoint(tmp_path, None)
    assert chosen_endpoint(tmp_path) is None


def test_the_login_of_other_tools_is_for_the_public_hub(tmp_path: Path) -> None:
    (tmp_path / "stock").mkdir()
    (tmp_path / "stock/token").write_text("stock-token\n")
    assert text(None, PUBLIC_HUB, tmp_path) == "stock-token"
    assert text(None, LAB, tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", '{"tokens": 3}', "{" * 100_000])
def test_a_file_that_is_damaged_is_told_and_not_overwritten(tmp_path: Path, content: str) -> None:
    file = tmp_path / "credentials.json"
    file.touch(mode=0o600)
    file.write_text(content)
    for call in (lambda: secret_of(None, LAB, tmp_path), lambda: store(tmp_path, LAB, "x")):
        with pytest.raises(CorruptFileError, match="log in again"):
            call()
    assert file.read_text() == content


def test_a_text_that_is_no_token_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        store(tmp_path, LAB, "a\nb")
    assert not (tmp_path / "credentials.json").exists()


def test_tokens_that_are_stored_at_once_are_all_kept(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    hubs = [Origin.of(f"https://h{number}.example") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda hub: store(tmp_path, hub, "t"), hubs))
    assert len(json.loads((tmp_path / "credentials.json").read_text())["tokens"]) == 20
