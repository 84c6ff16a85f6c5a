"""`anyhub serve`, as a process: what it prints, how it stops, and what it says when it can not start."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from anyhub.hub.local import LocalHub
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.values import RepoId

COMMAND = (sys.executable, "-m", "anyhub.cli.main", "serve")


class Serving:
    """A server that is a process of its own."""

    def __init__(self, folder: Path, *options: str | Path) -> None:
        words = [*COMMAND, str(folder), "--port", "0", *map(str, options)]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.lines: list[str] = []
        while self.lines[-1:] != ["Ctrl-C stops."]:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.lines.append(line.rstrip("\n"))
        self.seconds = time.perf_counter() - self.began
        self.text = "\n".join(self.lines)

    @property
    def endpoint(self) -> str:
        found = re.search(r"export HF_ENDPOINT=(\S+)", self.text)
        assert found is not None
        return found[1]

    @property
    def token(self) -> str:
        found = re.search(r"shown this once: (\S+)", self.text)
        assert found is not None
        return found[1]

    def ask(self, path: str, token: str = "", method: str = "GET", body: bytes | None = None) -> tuple[int, Any]:
        with closing(HTTPConnection(urlsplit(self.endpoint).netloc, timeout=20)) as client:
            client.request(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})
            answer = client.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out + err


@contextmanager
def serving(folder: Path, *options: str | Path) -> Iterator[Serving]:
    server = Serving(folder, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


def refused(*words: str | Path) -> tuple[int, str]:
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr.strip()


def test_an_empty_folder_is_served_within_two_seconds(tmp_path: Path) -> None:
    with serving(tmp_path / "hub") as server:
        assert server.seconds < 2
        assert server.ask("/health") == (200, {"status": "ok"})
        assert server.ask("/api/whoami-v2", server.token)[1]["name"] == "username"
        assert f"hf auth login --token {server.token}" in server.text
        assert f"export HF_ENDPOINT={server.endpoint} HF_HUB_DISABLE_XET=1\n" in server.text  # or large files fail


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_takes_less_than_150_megabytes_while_nothing_happens(tmp_path: Path) -> None:
    with serving(tmp_path / "hub") as server:
        for _ in range(50):
            server.ask("/api/whoami-v2", server.token)
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        print(f"{int(found[1]) / 1000:.0f} MB")
        assert int(found[1]) < 150_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_nothing_to_say(tmp_path: Path, number: int) -> None:
    with serving(tmp_path / "hub") as server:
        assert server.stop(number) == (0, "")


def test_a_later_start_shows_no_token_and_says_how_to_make_one(tmp_path: Path) -> None:
    with serving(tmp_path / "hub") as server:
        token = server.token
        server.stop()
    with serving(tmp_path / "hub") as server:
        assert "shown this once" not in server.text
        assert "anyhub token create" in server.text
        assert server.ask("/api/whoami-v2", token)[0] == 200


def test_what_was_acknowledged_before_a_stop_is_there_after_it(tmp_path: Path) -> None:
    made: list[str] = []
    with serving(tmp_path / "hub") as server:

        def create() -> None:
            for number in range(1000):
                try:
                    status, _ = server.ask("/api/repos/create", token, "POST", b'{"name": "m%d"}' % number)
                except OSError:
                    return
                if status == 200:
                    made.append(f"m{number}")

        token = server.token
        threads = [threading.Thread(target=create)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        assert server.stop()[0] == 0
        for thread in threads:
            thread.join()
    hub = LocalHub(tmp_path / "hub")
    assert made
    assert all(hub.find_repo(RepoId("username", name, "model")) for name in made)


def test_json_tells_programs_where_it_is(tmp_path: Path) -> None:
    words = [*COMMAND, str(tmp_path / "hub"), "--port", "0", "--json", "--public-url", "https://hub.example.org/"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = ""
        while "}" not in text:
            text += process.stdout.readline()
        process.terminate()
    told = json.loads(text)
    assert told["endpoint"] == "https://hub.example.org"
    assert told["listening"].startswith("http://127.0.0.1:")
    assert told["admin_token"].startswith("ahf_")


def test_plain_http_beyond_this_machine_is_warned_of(tmp_path: Path) -> None:
    with serving(tmp_path / "hub", "--host", "0.0.0.0") as server:
        assert "plain text" in server.stop()[1]


# -- what keeps it from starting


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, message = refused(tmp_path / "hub", "--port", str(port))
    assert (code, message) == (
        1,
        f"anyhub: Port {port} of 127.0.0.1 is taken by another program. Give another --port, or 0 for any.",
    )
    with serving(tmp_path / "hub") as server:
        assert server.token  # the failed start was not the first one: nobody has lost a token


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "nobody.invalid"), "no host of this machine"),
        (("--host", "192.0.2.1"), "can not listen"),
        (("--port", "70000"), "is not a port"),
        (("--public-url", "hub.example.org"), "is not an address"),
        (("--seed", "nowhere.toml"), "can not be read"),
    ],
)
def test_an_option_that_can_not_be_is_named(tmp_path: Path, options: Sequence[str], message: str) -> None:
    code, said = refused(tmp_path / "hub", *options)
    assert code in (1, 2)
    assert message in said.splitlines()[-1]


def test_a_folder_that_is_no_hub_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    code, message = refused(tmp_path)
    assert code == 1
    assert "is not a hub" in message
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_a_hub_on_the_network_is_not_served_again() -> None:
    code, message = refused("https://hub.example.org")
    assert (code, "on the network already" in message) == (2, True)


# -- seeds

SEED = """
[[user]]
name = "ann"
fullname = "Ann Example"
email = "ann@example.org"
admin = true
password = "correct horse"

[[user]]
name = "Ünal.x--y"

[[organization]]
name = "lab"

[[member]]
organization = "lab"
user = "ann"
role = "admin"

[[member]]
organization = "lab"
user = "Ünal.x--y"
role = "contributor"

[[token]]
user = "ann"
name = "automation"
value = "hf_given-by-another-system"
expires = 2999-01-01T00:00:00Z

[[token]]
user = "Ünal.x--y"
name = "fine"
role = "fineGrained"
value = "hf_fine-grained-secret-of-theirs"
scopes = [{kind = "org", name = "lab", permissions = ["repo.content.read", "repo.write"]}]
"""


def seed_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "seed.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_seed_is_there_after_the_first_start(tmp_path: Path) -> None:
    seed = seed_file(tmp_path, SEED)
    with serving(tmp_path / "hub", "--seed", seed) as server:
        assert "shown this once" not in server.text  # the seed has an admin
        status, ann = server.ask("/api/whoami-v2", "hf_given-by-another-system")
        assert (status, ann["name"], ann["fullname"]) == (200, "ann", "Ann Example")
        assert [(org["name"], org["roleInOrg"]) for org in ann["orgs"]] == [("lab", "admin")]
        assert server.ask("/api/whoami-v2", "hf_fine-grained-secret-of-theirs")[1]["name"] == "Ünal.x--y"
        assert server.stop() == (0, "")
    accounts = StoredAccounts(LocalHub(tmp_path / "hub")._database)
    assert accounts.check_password("ann", "correct horse").name == "ann"


def test_a_seed_is_taken_once(tmp_path: Path) -> None:
    with serving(tmp_path / "hub", "--seed", seed_file(tmp_path, SEED)):
        pass
    more = seed_file(tmp_path, '[[user]]\nname = "late"\nadmin = true\n')
    with serving(tmp_path / "hub", "--seed", more):
        pass
    users = [each.name for each in StoredAccounts(LocalHub(tmp_path / "hub")._database).users()]
    assert users == ["ann", "Ünal.x--y"]


def test_a_seed_without_an_admin_gets_one(tmp_path: Path) -> None:
    seed = seed_file(tmp_path, '[[user]]\nname = "username"\n')
    with serving(tmp_path / "hub", "--seed", seed) as server:
        assert server.ask("/api/whoami-v2", server.token)[1]["name"] == "username-admin"


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_a_seed_that_others_may_read_is_warned_of(tmp_path: Path) -> None:
    with serving(tmp_path / "hub", "--seed", seed_file(tmp_path, SEED, 0o644)) as server:
        assert "chmod 600" in server.stop()[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[user]\n", "line 1"),
        ('[[user]]\nfullname = "x"\n', "[[user]] number 1: 'name' is missing"),
        ('[[user]]\nname = "a"\n[[user]]\nname = "b"\nage = 3\n', "[[user]] number 2: there is no 'age'"),
        ("[[user]]\nname = 3\n", "[[user]] number 1: 'name' has to be of type str, not int"),
        ('[user]\nname = "a"\n', "write [[user]] above each"),
        ('[[group]]\nname = "a"\n', "a seed has no [[group]]"),
        ('[[user]]\nname = "a/b"\n', "[[user]] number 1: "),
        ('[[member]]\norganization = "x"\nuser = "y"\nrole = "boss"\n', "'role' is one of read, contributor"),
        ('[[member]]\norganization = "x"\nuser = "y"\nrole = "read"\n', "[[member]] number 1: "),
        ('[[organization]]\nname = "lab"\n', "has no admin"),
        ('[[token]]\nuser = "y"\nname = "n"\nvalue = "v"\nscopes = [3]\n', "each of 'scopes'"),
        ('[[token]]\nuser = "y"\nname = "n"\nvalue = "v"\nexpires = "soon"\n', "'expires' has to be of type datetime"),
    ],
)
def test_a_seed_that_can_not_be_taken_is_refused_by_its_place(tmp_path: Path, text: str, message: str) -> None:
    seed = seed_file(tmp_path, text)
    code, said = refused(tmp_path / "hub", "--port", "0", "--seed", seed)
    assert code == 2
    assert str(seed) in said
    assert message in said
    with serving(tmp_path / "hub") as server:
        assert server.token  # nothing of the seed was kept, so this is the first start


def test_the_secret_in_a_seed_is_kept_from_messages(tmp_path: Path) -> None:
    seed = seed_file(tmp_path, '[[token]]\nuser = "nobody"\nname = "n"\nvalue = "hf_very-secret-value"\n')
    assert "very-secret" not in refused(tmp_path / "hub", "--port", "0", "--seed", seed)[1]


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with serving(tmp_path / "hub") as server, closing(HTTPConnection(urlsplit(server.endpoint).netloc)) as client:
        client.putrequest("POST", "/api/repos/create")
        client.putheader("Authorization", f"Bearer {server.token}")
        client.putheader("Content-Length", "1000")
        client.endheaders(b"{")
        time.sleep(0.3)
        os.kill(server.process.pid, signal.SIGTERM)
        time.sleep(0.3)
        assert server.process.poll() is None  # it waits for the request
        assert server.stop()[0] == 128 + signal.SIGTERM
