"""The file anyhub.json: what it says, and how it is read when strangers wrote it."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download
from anyhub.errors import CorruptFileError, ValidationError
from anyhub.hub.local import LocalHub
from anyhub.models.manifest import MAX_BYTES, Manifest
from anyhub.models.mixin import ModelHubMixin

REPO = "username/my-model"
REMEDY = "push it again"


class Text(ModelHubMixin):
    """A model that is a text file."""

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(str(self.size))

    @classmethod
    def _from_pretrained(cls, **kwargs: Any) -> Text:
        return cls(kwargs.get("size", 0))


def written(folder: Path, content: Any) -> Path:
    path = folder / "anyhub.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    manifest = Manifest({"python": "3.11.7", "torch": "2.13.0"}, {"path": "pathlib.Path"}, ("tokenizer",))
    text = manifest.dump()
    assert Manifest.read(written(tmp_path, text.encode()), REMEDY) == manifest
    assert manifest.dump() == text
    assert json.loads(text)["format"] == 1


def test_what_is_empty_is_left_out() -> None:
    assert json.loads(Manifest().dump()) == {"format": 1}
    assert json.loads(Manifest({"python": "3.11"}).dump()) == {"format": 1, "environment": {"python": "3.11"}}


def test_words_that_are_not_known_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, {"format": 1, "environment": {"python": "3.11"}, "later": [1, {"a": None}]})
    assert Manifest.read(path, REMEDY) == Manifest({"python": "3.11"})


def test_a_manifest_of_a_later_format_is_not_used_and_that_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, {"format": 2, "environment": {"python": 3}, "types": {"a": "b"}})
    assert Manifest.read(path, REMEDY) == Manifest()
    (record,) = caplog.records
    assert (record.levelname, "has the format 2" in record.getMessage()) == ("WARNING", True)
    assert "Install a newer anyhub" in record.getMessage()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b"{}", "no 'format'"),
        (b'{"format": "1"}', "no 'format'"),
        (b'{"format": true}', "no 'format'"),
        (b'{"format": 0}', "no 'format'"),
        (b'{"format": 1, "format": 1}', "two entries called 'format'"),
        (b'{"format": 1, "environment": []}', "'environment', which is no object"),
        (b'{"format": 1, "environment": {"torch": 2}}', "'environment', in which not all is text"),
        (b'{"format": 1, "types": "x"}', "'types', which is no object"),
        (b'{"format": 1, "types": {"x": ["list"]}}', "'types', in which not all is text"),
        (b'{"format": 1, "not_stored": {"a": 1}}', "'not_stored', which is no list of texts"),
        (b'{"format": 1, "not_stored": [1]}', "'not_stored', which is no list of texts"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "nested too deeply"),
        (b'{"format": ' + b"9" * 5_000 + b"}", "too many digits"),
        (b'{"format": 1, "x": [' + b"0," * 600_000 + b"0]}", "more than 500,000 values"),
        (b" " * (MAX_BYTES + 1), "more than 16,777,216 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_manifest_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = written(tmp_path, content)
    tracemalloc.start()
    with pytest.raises(CorruptFileError) as caught:
        Manifest.read(path, REMEDY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said in str(caught.value)
    assert str(caught.value).startswith(repr(str(path)))
    assert str(caught.value).endswith("; push it again.")
    assert "\n" not in str(caught.value)
    assert peak < 100 << 20


def test_what_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(ValidationError, match=r"anyhub\.json could not be read again: it has more than 500,000 values"):
        Manifest(types={str(number): "tuple" for number in range(500_001)}).dump()


# -- beside a model


def test_every_save_and_push_writes_it(tmp_path: Path) -> None:
    Text(2).save_pretrained(tmp_path)
    Text(2).push_to_hub(REPO)
    in_folder = (tmp_path / "anyhub.json").read_text()
    assert Path(hf_hub_download(REPO, "anyhub.json")).read_text() == in_folder
    assert json.loads(in_folder)["environment"].keys() >= {"python", "anyhub"}


def test_config_json_has_no_keys_of_ours(tmp_path: Path) -> None:
    Text(2).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text()) == {"size": 2}


def test_the_one_of_the_checkpoint_before_is_replaced(tmp_path: Path) -> None:
    written(tmp_path, {"format": 1, "not_stored": ["gone"]})
    Text().save_pretrained(tmp_path)
    assert Manifest.read(tmp_path / "anyhub.json", REMEDY).not_stored == ()


def test_what_the_hook_writes_under_that_name_is_kept(tmp_path: Path) -> None:
    class Own(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            (save_directory / "anyhub.json").write_text('{"format": 1, "mine": true}')

    Own().save_pretrained(tmp_path)
    assert (tmp_path / "anyhub.json").read_text() == '{"format": 1, "mine": true}'


def test_a_model_without_it_loads(tmp_path: Path) -> None:
    Text(2).save_pretrained(tmp_path)
    (tmp_path / "anyhub.json").unlink()
    assert Text.from_pretrained(tmp_path).size == 2
    HfApi().create_repo(REPO)
    HfApi().upload_folder(repo_id=REPO, folder_path=tmp_path)
    assert Text.from_pretrained(REPO).size == 2
    assert Text.from_pretrained(REPO, local_files_only=True).size == 2


def test_a_model_with_one_of_a_later_format_loads(tmp_path: Path) -> None:
    Text(2).save_pretrained(tmp_path)
    written(tmp_path, {"format": 7})
    assert Text.from_pretrained(tmp_path).size == 2


def test_a_damaged_one_is_named(tmp_path: Path) -> None:
    Text(2).save_pretrained(tmp_path)
    written(tmp_path, b"{")
    with pytest.raises(CorruptFileError, match=r"anyhub\.json' is no sound anyhub\.json: .*; save the model again\."):
        Text.from_pretrained(tmp_path)


class Counting(LocalHub):
    """Notes what it is asked."""

    asked: list[str]

    def resolve(self, *args: Any, **kwargs: Any) -> Any:
        self.asked.append("resolve")
        return super().resolve(*args, **kwargs)

    def entry(self, repo: Any, commit: str, path: str) -> Any:
        self.asked.append(path)
        return super().entry(repo, commit, path)


def test_the_hub_is_asked_for_the_commit_once_and_for_each_file_once(tmp_path: Path) -> None:
    Text(2).push_to_hub(REPO, endpoint=tmp_path / "hub")
    hub = Counting(tmp_path / "hub")
    hub.asked = []
    assert Text.from_pretrained(REPO, endpoint=hub).size == 2
    assert hub.asked == ["resolve", "config.json", "anyhub.json"]
    hub.asked = []
    assert Text.from_pretrained(REPO, endpoint=hub).size == 2
    assert hub.asked == ["resolve"]


def test_the_hub_is_not_asked_for_files_that_are_known_not_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.txt").write_text("1")
    api = HfApi(endpoint=tmp_path / "hub")
    api.create_repo(REPO)
    api.upload_folder(repo_id=REPO, folder_path=tmp_path / "model")
    hub = Counting(tmp_path / "hub")
    hub.asked = []
    HfApi(endpoint=hub).snapshot_download(REPO)
    hub.asked = []
    assert Text.from_pretrained(REPO, endpoint=hub).size == 0
    assert hub.asked == ["resolve"]
