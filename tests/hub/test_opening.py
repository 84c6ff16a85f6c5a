"""Which hub a call means, and which places are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from anyhub import login, logout, whoami
from anyhub.errors import AuthenticationError, CorruptFileError, StorageError, ValidationError
from anyhub.hub.configured import choose_endpoint
from anyhub.hub.memory import MemoryHub
from anyhub.hub.opening import check_free_for_folder, endpoint_of, home, open_hub, using
from anyhub.hub.remote.hub import RemoteHub
from anyhub.testing import running_hub
from anyhub.values import RepoId


def test_an_empty_endpoint_is_refused_rather_than_taken_for_the_current_folder() -> None:
    for call in (endpoint_of, open_hub):
        with pytest.raises(ValidationError, match="endpoint is an empty text"):
            call("")


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "localhost:8080", "hub.example.org:443/"])
def test_a_host_and_a_port_are_no_folder_but_an_address_that_lacks_its_beginning(text: str) -> None:
    with pytest.raises(ValidationError, match=f"Did you mean 'http://{text}'"):
        open_hub(text)


def test_an_empty_variable_means_the_hub_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYHUB_ENDPOINT", "")
    assert endpoint_of() == str(home() / "hub")


def test_a_hub_below_a_file_is_refused_by_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file is a file, not a folder"):
        open_hub(tmp_path / "file/sub/hub")


def test_a_folder_that_is_there_or_can_be_made_is_fine(tmp_path: Path) -> None:
    check_free_for_folder(tmp_path)
    check_free_for_folder(tmp_path / "a/b")
    check_free_for_folder(Path("a/b"))


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_link_that_leads_nowhere_is_no_folder_and_one_to_a_folder_is(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to(tmp_path)
    check_free_for_folder(tmp_path / "link/a")
    with pytest.raises(StorageError, match="dangling is a link that leads nowhere"):
        check_free_for_folder(tmp_path / "dangling/a")


def test_the_hub_of_a_call_is_the_nearest_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert endpoint_of() == str(home() / "hub")
    choose_endpoint(home(), "https://chosen.example/")
    assert endpoint_of() == "https://chosen.example"
    monkeypatch.setenv("HF_ENDPOINT", "https://stock.example")
    assert endpoint_of() == "https://stock.example"
    monkeypatch.setenv("ANYHUB_ENDPOINT", "https://ours.example")
    assert endpoint_of() == "https://ours.example"
    with using(MemoryHub()) as hub:
        assert endpoint_of() == hub.endpoint
        assert endpoint_of(tmp_path) == str(tmp_path)


def test_an_address_of_the_network_is_a_hub_there_and_nobody_is_asked_when_it_is_opened() -> None:
    hub = open_hub("https://hub.example/below/")
    assert isinstance(hub, RemoteHub)
    assert hub.endpoint == "https://hub.example/below"
    assert hub.url(RepoId("me", "x", "dataset")) == "https://hub.example/below/datasets/me/x"


def test_a_choice_that_was_damaged_is_told() -> None:
    home().mkdir(exist_ok=True)
    (home() / "use.json").write_text("[]")
    with pytest.raises(CorruptFileError, match="anyhub use"):
        endpoint_of()


def test_who_logs_in_is_known_from_then_on_until_they_log_out(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as running:
        token = running.create_user("ann")
        with pytest.raises(AuthenticationError):
            login("ahf_wrong", endpoint=running.endpoint)
        with pytest.raises(AuthenticationError):
            whoami(endpoint=running.endpoint)
        login(token, endpoint=running.endpoint)
        assert whoami(endpoint=running.endpoint)["name"] == "ann"
        logout(endpoint=running.endpoint)
        with pytest.raises(AuthenticationError):
            whoami(endpoint=running.endpoint)


def test_a_folder_asks_for_no_token(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="not on the network"):
        login("x", endpoint=tmp_path)
