"""The commands, on a hub in a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from anyhub import HfApi
from anyhub.cli import main as cli
from anyhub.cli.command import Command, Group
from anyhub.cli.main import COMMANDS, main
from anyhub.errors import by_code

HOSTILE = "\x1b]0;owned\x07\x1b[2Jtitle"


class Cli:
    """Runs commands in this process, and keeps what they printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        self._capsys.readouterr()
        answer = main([str(word) for word in words])
        self.out, self.err = self._capsys.readouterr()
        assert answer == code, self.err
        return self.out

    def json(self, *words: str | Path) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture
def anyhub(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small checkpoint."""
    folder = tmp_path / "checkpoint"
    (folder / "logs").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Card\n")
    (folder / "config.json").write_text("{}")
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 8)
    (folder / "logs/1.txt").write_text("one")
    return folder


@pytest.fixture
def pushed(folder: Path) -> str:
    """A repository with one upload and a tag."""
    api = HfApi()
    api.create_repo("me/x")
    api.upload_folder(repo_id="me/x", folder_path=folder, commit_message="First")
    api.create_tag("me/x", tag="v1")
    return "me/x"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "anyhub.cli.main", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **environment})


# --- repos


def test_repos_lists_the_last_changed_first(anyhub: Cli) -> None:
    api = HfApi()
    for name in ("me/first", "you/second"):
        api.create_repo(name)
    api.create_repo("me/data", repo_type="dataset", private=True)
    assert [repo["id"] for repo in anyhub.json("repos")] == ["you/second", "me/first"]
    assert [repo["id"] for repo in anyhub.json("repos", "FIRST")] == ["me/first"]
    assert [repo["id"] for repo in anyhub.json("repos", "--author", "you")] == ["you/second"]
    assert [repo["id"] for repo in anyhub.json("repos", "--limit", "1")] == ["you/second"]
    (data,) = anyhub.json("repos", "--type", "dataset")
    assert data.keys() == {"id", "type", "private", "created_at", "last_modified", "commit"}
    assert (data["type"], data["private"]) == ("dataset", True)
    assert anyhub("repos", "--type", "dataset").splitlines()[1].split()[:2] == ["me/data", "private"]


# --- files


def test_files_lists_one_folder_or_all(anyhub: Cli, pushed: str) -> None:
    assert [entry["path"] for entry in anyhub.json("files", pushed)] == [
        ".gitattributes",
        "README.md",
        "config.json",
        "logs",
        "weights.bin",
    ]
    assert [entry["path"] for entry in anyhub.json("files", pushed, "logs")] == ["logs/1.txt"]
    assert [entry["path"] for entry in anyhub.json("files", pushed, "config.json")] == ["config.json"]
    assert "logs/1.txt" in anyhub("files", pushed, "--recursive")


def test_files_tells_large_files_from_others_and_from_folders(anyhub: Cli, pushed: str) -> None:
    found = {entry["path"]: entry for entry in anyhub.json("files", pushed)}
    assert all(entry.keys() == {"path", "type", "size", "oid", "sha256"} for entry in found.values())
    assert (found["weights.bin"]["size"], len(found["weights.bin"]["sha256"])) == (2048, 64)
    assert (found["config.json"]["size"], found["config.json"]["sha256"]) == (2, None)
    assert (found["logs"]["type"], found["logs"]["size"]) == ("folder", None)
    assert any(
        line.split() == ["2.0", "kB", found["weights.bin"]["sha256"][:10], "weights.bin"]
        for line in anyhub("files", pushed).splitlines()
    )


# --- log


def test_log_lists_the_newest_commit_first(anyhub: Cli, pushed: str) -> None:
    commits = anyhub.json("log", pushed)
    assert [commit["title"] for commit in commits] == ["First", "initial commit"]
    assert commits[0].keys() == {"commit", "title", "message", "authors", "created_at"}
    assert commits[0]["authors"] == ["username"]
    assert anyhub.json("log", pushed, "--limit", "1", "--revision", "v1") == commits[:1]
    assert anyhub("log", pushed).splitlines()[1].startswith(commits[0]["commit"][:10])


# --- upload


def test_upload_creates_the_repository_and_the_branch(anyhub: Cli, folder: Path) -> None:
    done = anyhub.json("upload", "me/new", folder, "sub", "--private", "--revision", "dev", "--message", "Hello")
    assert done.keys() == {"commit", "url", "pull_request", "pull_request_url"}
    api = HfApi()
    assert api.model_info("me/new").private
    assert api.model_info("me/new", revision="dev").sha == done["commit"]
    assert api.list_repo_commits("me/new", revision="dev")[0].title == "Hello"
    assert "sub/logs/1.txt" in api.list_repo_files("me/new", revision="dev")


def test_upload_of_a_file_takes_its_name_unless_another_is_given(anyhub: Cli, folder: Path) -> None:
    anyhub("upload", "me/new", folder / "config.json")
    anyhub("upload", "me/new", folder / "config.json", "other/name.json")
    anyhub("upload", "me/new", folder / "config.json", "into/")
    assert {"config.json", "other/name.json", "into/config.json"} <= set(HfApi().list_repo_files("me/new"))


def test_upload_includes_excludes_and_deletes_by_pattern(anyhub: Cli, folder: Path, pushed: str) -> None:
    (folder / "logs/2.txt").write_text("two")
    (folder / "new.json").write_text("{}")
    patterns = ("--include", "*.txt", "--include", "*.json", "--exclude", "new.*", "--delete", "logs/1.txt")
    (folder / "logs/1.txt").unlink()
    anyhub("upload", pushed, folder, *patterns)
    files = HfApi().list_repo_files(pushed)
    assert "logs/2.txt" in files
    assert not {"new.json", "logs/1.txt"} & set(files)


def test_upload_of_nothing_new_makes_no_commit(anyhub: Cli, folder: Path, pushed: str) -> None:
    before = anyhub.json("log", pushed)
    assert anyhub.json("upload", pushed, folder)["commit"] == before[0]["commit"]
    assert anyhub.json("log", pushed) == before


def test_upload_can_open_a_pull_request(anyhub: Cli, pushed: str, folder: Path) -> None:
    (folder / "config.json").write_text('{"a": 1}')
    done = anyhub.json("upload", pushed, folder, "--create-pr")
    assert done["pull_request"] == 1
    assert done["pull_request_url"]
    assert HfApi().model_info(pushed, revision="refs/pr/1").sha == done["commit"]
    assert anyhub.json("log", pushed)[0]["title"] == "First"


def test_upload_onto_another_parent_is_a_conflict(anyhub: Cli, pushed: str, folder: Path) -> None:
    (folder / "config.json").write_text('{"a": 1}')
    initial = anyhub.json("log", pushed)[1]["commit"]
    anyhub("upload", pushed, folder, "--parent-commit", initial, code=4)
    assert anyhub.json("log", pushed)[0]["title"] == "First"


@pytest.mark.parametrize("words", [("nowhere",), ("file", "--delete", "*"), ("file", "--include", "*")])
def test_upload_refuses_before_it_creates_anything(anyhub: Cli, tmp_path: Path, words: Sequence[str]) -> None:
    (tmp_path / "file").touch()
    anyhub("upload", "me/new", tmp_path / words[0], *words[1:], code=2)
    assert not HfApi().repo_exists("me/new")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["../out"], 2),
        (["--revision", "bad..name"], 2),
        (["--revision", "refs/pr/9"], 3),
        (["--parent-commit", "0" * 40], 4),
        (["--revision", "dev", "--parent-commit", "0" * 40], 4),
        (["--create-pr", "--revision", "dev"], 3),
    ],
)
def test_a_refused_upload_leaves_no_repository_and_no_branch(
    anyhub: Cli, folder: Path, pushed: str, words: Sequence[str], code: int
) -> None:
    refs = HfApi().list_repo_refs(pushed)
    (folder / "config.json").write_text('{"a": 1}')
    anyhub("upload", "me/new", folder, *words, code=code)
    assert not HfApi().repo_exists("me/new")
    anyhub("upload", pushed, folder, *words, code=code)
    assert HfApi().list_repo_refs(pushed) == refs


def test_an_interrupted_upload_leaves_no_repository_and_no_branch(
    anyhub: Cli, folder: Path, pushed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("anyhub.api.uploads.list_local_folder", interrupted)
    anyhub("upload", "me/new", folder, "--revision", "dev", code=130)
    anyhub("upload", pushed, folder, "--revision", "dev", code=130)
    assert not HfApi().repo_exists("me/new")
    assert [branch.name for branch in HfApi().list_repo_refs(pushed).branches] == ["main"]


def test_a_branch_that_was_there_outlives_a_refused_upload(anyhub: Cli, folder: Path, pushed: str) -> None:
    HfApi().create_branch(pushed, branch="dev")
    anyhub("upload", pushed, folder, "../out", "--revision", "dev", code=2)
    assert HfApi().revision_exists(pushed, "dev")


# --- download


def test_download_prints_the_folder_and_nothing_else(anyhub: Cli, pushed: str) -> None:
    folder = Path(anyhub("download", pushed, "--revision", "v1", "--exclude", "*.bin").rstrip("\n"))
    assert (folder / "logs/1.txt").read_text() == "one"
    assert not (folder / "weights.bin").exists()


def test_download_of_files_prints_a_path_for_each_of_one_commit(anyhub: Cli, pushed: str) -> None:
    first, second = map(Path, anyhub("download", pushed, "config.json", "logs/1.txt").splitlines())
    assert (first.read_text(), second.read_text()) == ("{}", "one")
    assert first.parent == second.parent.parent
    assert anyhub.json("download", pushed, "config.json") == {"paths": [str(first)]}


def test_download_can_put_files_elsewhere(anyhub: Cli, pushed: str, tmp_path: Path) -> None:
    anyhub("download", pushed, "config.json", "--local-dir", tmp_path / "here")
    assert (tmp_path / "here/config.json").read_text() == "{}"


def test_download_of_named_files_takes_no_patterns(anyhub: Cli, pushed: str) -> None:
    anyhub("download", pushed, "config.json", "--include", "*", code=2)


# --- card


def test_card_prints_the_card_or_its_metadata(anyhub: Cli, pushed: str) -> None:
    assert anyhub("card", pushed) == "---\nlicense: mit\n---\n# Card\n"
    assert anyhub("card", pushed, "--metadata").strip() == "license: mit"
    assert anyhub.json("card", pushed) == {"metadata": {"license": "mit"}, "text": "# Card\n"}
    assert anyhub.json("card", pushed, "--metadata") == {"license": "mit"}


def test_a_card_with_metadata_that_can_not_be_read_is_still_printed(anyhub: Cli, pushed: str) -> None:
    text = "---\na: &x 1\n---\n# Card\n"
    HfApi().upload_file(path_or_fileobj=text.encode(), path_in_repo="README.md", repo_id=pushed)
    assert anyhub("card", pushed) == text
    anyhub("card", pushed, "--metadata", code=2)


def test_a_repository_without_a_card_is_told_so(anyhub: Cli) -> None:
    HfApi().create_repo("me/bare")
    anyhub("card", "me/bare", code=3)
    assert "`anyhub upload me/bare README.md`" in anyhub.err


# --- all


def test_an_unknown_repository_is_one_line_with_the_nearest_name(anyhub: Cli, pushed: str) -> None:
    anyhub("files", "me/y", code=3)
    assert anyhub.out == ""
    assert anyhub.err.startswith("anyhub: ")
    assert anyhub.err.count("\n") == 1
    assert repr(pushed) in anyhub.err


def test_the_endpoint_may_stand_before_and_after_the_command(anyhub: Cli, pushed: str, tmp_path: Path) -> None:
    here, there = os.environ["ANYHUB_HOME"] + "/hub", str(tmp_path / "other")
    assert anyhub.json("--endpoint", here, "repos") == anyhub.json("repos", "--endpoint", here) != []
    assert anyhub.json("--endpoint", here, "repos", "--endpoint", there) == []


def test_an_empty_endpoint_is_refused(anyhub: Cli) -> None:
    anyhub("repos", "--endpoint", "", code=2)
    assert "endpoint is an empty text" in anyhub.err


def test_an_absent_hub_is_told_to_people_only(anyhub: Cli, tmp_path: Path, pushed: str) -> None:
    anyhub("repos", "--endpoint", tmp_path / "mistyped")
    assert f"There is no hub in '{tmp_path / 'mistyped'}' yet" in anyhub.err
    assert anyhub.json("repos", "--endpoint", tmp_path / "mistyped") == []
    assert anyhub.err == ""
    anyhub("repos", "nothing of this name")
    assert anyhub.err == ""


def test_options_may_stand_between_other_words(anyhub: Cli, pushed: str, folder: Path) -> None:
    assert anyhub("download", pushed, "--revision", "v1", "config.json") == anyhub("download", pushed, "config.json")
    assert [entry["path"] for entry in anyhub.json("files", pushed, "--revision", "main", "logs")] == ["logs/1.txt"]
    anyhub("upload", pushed, folder / "config.json", "--message", "hi", "dest.json")
    assert anyhub.json("log", pushed)[0]["title"] == "hi"
    assert "dest.json" in HfApi().list_repo_files(pushed)


def test_after_two_dashes_nothing_is_an_option(anyhub: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    Path("--message").write_text("odd")
    anyhub("upload", "--", "me/new", "--message", "odd.txt")
    assert "odd.txt" in HfApi().list_repo_files("me/new")


def test_a_word_that_nothing_takes_is_an_error_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["files", "me/x", "a", "b", "--recursive"])
    told = capsys.readouterr().err
    assert "usage: anyhub files" in told
    assert "anyhub files: error: unrecognized arguments: b\n" in told


def test_a_limit_that_is_no_number_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["repos", "--limit", "x"])
    assert "argument --limit: 'x' is not a whole number from 1 on\n" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="the shell of Windows can close no stream")
@pytest.mark.parametrize("words", [["files", "me/x"], ["files", "me/x", "--json"], ["files", "me/none"]])
def test_a_closed_stream_is_no_defect(pushed: str, words: list[str]) -> None:
    command = [sys.executable, "-m", "anyhub.cli.main", *words]
    for closing in (">&-", "2>&-", ">&- 2>&-"):
        shell = ["sh", "-c", f'exec "$@" {closing}', "sh", *command]
        done = subprocess.run(shell, check=False, capture_output=True, text=True)
        assert done.returncode == (3 if "me/none" in words else 0)
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_output_that_can_not_be_written_is_told_so(pushed: str) -> None:
    command = [sys.executable, "-m", "anyhub.cli.main", "files", pushed]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("anyhub: The output could not be written (No space left on device)")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("code", sorted(by_code()))
def test_every_error_has_a_documented_exit_code(code: str) -> None:
    number = cli.exit_code(by_code()[code]("message"))
    assert number in {1, 2, 3, 4, 5}
    assert f"\n  {number}    " in cli.build_parser().format_help()


@pytest.mark.parametrize("words", [["files"], ["nonsense"], ["repos", "--limit", "0"], ["repos", "--type", "modle"]])
def test_a_wrong_command_line_is_refused_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2


def test_no_command_prints_help(anyhub: Cli) -> None:
    anyhub(code=2)
    assert "exit codes:" in anyhub.err


EVERY = [each for word in COMMANDS for each in (word.commands if isinstance(word, Group) else (word,))]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_every_command_is_described_and_its_examples_can_be_parsed(command: Command) -> None:
    import shlex

    assert command.summary
    assert "--json: " in command.description
    assert command.examples
    for example in command.examples:
        program, *words = shlex.split(example)
        assert program == "anyhub"
        assert cli.build_parser().parse_args(words).run is command.run


def test_ctrl_c_is_130(anyhub: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(HfApi, "list_models", interrupted)
    anyhub("repos", code=130)
    assert anyhub.err == ""


def test_an_error_that_is_not_of_the_hub_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(HfApi, "list_models", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        main(["repos"])


def test_the_command_runs_as_a_module_and_knows_its_version() -> None:
    from anyhub import __version__

    assert run("--version").stdout == f"anyhub {__version__}\n"


def test_help_imports_no_more_than_the_standard_library() -> None:
    code = "import sys; from anyhub.cli.main import build_parser; build_parser(); print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert not {"anyhub.api", "anyhub.hub.local", "yaml", "tqdm", "dulwich", "torch"} & set(answer.split())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes of this kind")
def test_a_reader_that_goes_away_is_met_with_silence(pushed: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "anyhub.cli.main", "files", pushed]
    done = subprocess.run(command, check=False, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo terminals")
def test_no_escape_sequence_of_a_title_reaches_a_terminal(pushed: str, anyhub: Cli) -> None:
    HfApi().upload_file(
        path_or_fileobj=b"x", path_in_repo="x", repo_id=pushed, commit_message=HOSTILE, commit_description="d"
    )
    ours, theirs = os.openpty()
    subprocess.run([sys.executable, "-m", "anyhub.cli.main", "log", pushed], check=True, stdout=theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        shown = terminal.read1(65536).decode()
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.splitlines()[1].endswith("title")


def test_output_that_the_encoding_lacks_is_escaped(pushed: str) -> None:
    HfApi().upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=pushed, commit_message="日本")
    done = run("log", pushed, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u65e5\\u672c" in done.stdout
