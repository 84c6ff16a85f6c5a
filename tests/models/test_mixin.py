"""What a model class says of itself, and saving to a folder: all of it or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download
from anyhub.errors import ValidationError
from anyhub.models.mixin import ModelHubMixin
from anyhub.models.pytorch import PyTorchModelHubMixin
from anyhub.repocard.repo_card import ModelCard


class Text(ModelHubMixin):
    """A model that is a text file."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.saves = 0

    def _save_pretrained(self, save_directory: Path) -> None:
        self.saves += 1
        (save_directory / "model.txt").write_text(self.text)

    @classmethod
    def _from_pretrained(cls, *, model_id, revision, cache_dir, force_download, local_files_only, token, **kwargs):
        return cls(**kwargs)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tags_of(cls: type[ModelHubMixin]) -> list[str]:
    return cls._hub_mixin_info.model_card_data.tags


# -- what a class says of itself


def test_tags_read_most_specific_first() -> None:
    class Torch(PyTorchModelHubMixin, tags=["keras"]):
        pass

    class Below(Torch, tags=["mine", "keras"]):
        pass

    assert tags_of(Torch) == ["keras", "pytorch_model_hub_mixin", "model_hub_mixin"]
    assert tags_of(Below) == ["mine", "keras", "pytorch_model_hub_mixin", "model_hub_mixin"]
    assert tags_of(Text) == ["model_hub_mixin"]


def test_siblings_share_no_tags_and_the_callers_list_stays_as_it_is() -> None:
    tags = ["a"]

    class One(PyTorchModelHubMixin, tags=tags):
        pass

    class Two(PyTorchModelHubMixin, tags=["b"]):
        pass

    One._hub_mixin_info.model_card_data.tags.append("changed")
    assert tags == ["a"]
    assert tags_of(Two) == ["b", "pytorch_model_hub_mixin", "model_hub_mixin"]


def test_tags_of_all_bases_count() -> None:
    class One(Text, tags=["one"]):
        pass

    class Two(Text, tags=["two"]):
        pass

    class Both(One, Two):
        pass

    assert tags_of(Both) == ["one", "two", "model_hub_mixin"]


def test_metadata_is_inherited_and_can_be_said_anew() -> None:
    class Parent(
        Text,
        repo_url="https://example.org/repo",
        paper_url="https://example.org/paper",
        library_name="lib",
        license="mit",
        model_card_template="---\n{{ card_data }}\n---\nTemplate of the parent",
    ):
        pass

    class Child(Parent, license="apache-2.0", docs_url="https://example.org/docs"):
        pass

    info = Child._hub_mixin_info
    assert (info.repo_url, info.paper_url, info.docs_url) == (
        "https://example.org/repo",
        "https://example.org/paper",
        "https://example.org/docs",
    )
    assert info.model_card_template.endswith("Template of the parent")
    assert info.model_card_data.to_dict() == {
        "library_name": "lib",
        "license": "apache-2.0",
        "tags": ["model_hub_mixin"],
    }
    assert Parent._hub_mixin_info.model_card_data.license == "mit"
    assert Parent._hub_mixin_info.docs_url is None


def test_keywords_of_another_base_reach_it() -> None:
    class Registered:
        def __init_subclass__(cls, *, key: str, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            cls.key = key

    class First(Text, Registered, key="a"):
        pass

    class Second(Registered, Text, key="b", tags=["t"]):
        pass

    assert (First.key, Second.key, tags_of(Second)) == ("a", "b", ["t", "model_hub_mixin"])


def test_a_keyword_that_nobody_takes_is_refused() -> None:
    with pytest.raises(TypeError, match="keyword"):

        class Misspelled(Text, licence="mit"):
            pass


def test_type_hints_can_be_looked_up() -> None:
    assert "_hub_mixin_info" in typing.get_type_hints(Text)
    assert typing.get_type_hints(Text.__init__) == {"text": str, "return": type(None)}


def test_importing_the_mixins_and_making_a_class_imports_no_framework_and_no_library() -> None:
    code = (
        "import sys\n"
        "from anyhub.models.pytorch import PyTorchModelHubMixin\n"
        "class M(PyTorchModelHubMixin, tags=['a'], license='mit'):\n"
        "    def __init__(self, x: int = 1): pass\n"
        "M(2)\n"
        "heavy = {'torch', 'numpy', 'yaml', 'tqdm', 'sqlite3', 'dulwich', 'http', 'urllib.request', 'platformdirs'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- the hooks


def test_a_class_without_hooks_says_what_to_write(tmp_path: Path) -> None:
    class Bare(ModelHubMixin):
        pass

    with pytest.raises(NotImplementedError, match="Bare can not be saved yet; give it `def"):
        Bare().save_pretrained(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    tmp_path.joinpath("model").mkdir()
    with pytest.raises(NotImplementedError, match="Bare can not be loaded yet; give it `@classmethod"):
        Bare.from_pretrained(tmp_path / "model")


def test_the_hook_writes_into_an_empty_folder_of_the_same_name(tmp_path: Path) -> None:
    seen: list[tuple[str, list[str]]] = []

    class Looking(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            seen.append((save_directory.name, names_in(save_directory)))

    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model/config.json").write_text("{}")
    Looking().save_pretrained(tmp_path / "my-model")
    assert seen == [("my-model", [])]


def test_hooks_may_be_classmethods(tmp_path: Path) -> None:
    class Weightless(Text):
        @classmethod
        def _save_pretrained(cls, save_directory: Path) -> None:
            (save_directory / "model.txt").write_text(cls.__name__)

    Weightless().save_pretrained(str(tmp_path))
    assert (tmp_path / "model.txt").read_text() == "Weightless"


# -- saving


def test_saving_writes_the_model_its_configuration_and_a_card(tmp_path: Path) -> None:
    assert Text("hi").save_pretrained(tmp_path / "deep/er") is None
    assert names_in(tmp_path / "deep/er") == ["README.md", "anyhub.json", "config.json", "model.txt"]


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    class Failing(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            super()._save_pretrained(save_directory)
            raise RuntimeError("no more")

    Text("old").save_pretrained(tmp_path / "model")
    before = {path: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    with pytest.raises(RuntimeError, match="no more"):
        Failing("new").save_pretrained(tmp_path / "model")
    assert {path: path.read_bytes() for path in (tmp_path / "model").iterdir()} == before
    assert names_in(tmp_path) == ["model"]


def test_saving_again_changes_nothing(tmp_path: Path) -> None:
    model = Text("hi")
    model.save_pretrained(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()}
    model.save_pretrained(tmp_path)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns, p.stat().st_ino) for p in tmp_path.iterdir()} == before


def test_other_files_stay_and_those_of_the_checkpoint_before_go(tmp_path: Path) -> None:
    class Sharded(Text):
        _hub_mixin_files = ("part-*.txt",)

    for name in ("part-1.txt", "notes.txt", "train.log", "config.json"):
        (tmp_path / name).write_text("{}")
    Sharded().save_pretrained(tmp_path)
    assert names_in(tmp_path) == ["README.md", "anyhub.json", "config.json", "model.txt", "notes.txt", "train.log"]


def test_a_configuration_of_the_model_before_does_not_stay(tmp_path: Path) -> None:
    class Unconfigured(Text):
        def __init__(self) -> None:
            super().__init__()

    Text("hi").save_pretrained(tmp_path)
    Unconfigured().save_pretrained(tmp_path)
    assert names_in(tmp_path) == ["README.md", "anyhub.json", "model.txt"]


def test_what_the_hook_writes_wins(tmp_path: Path) -> None:
    class Own(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            (save_directory / "config.json").write_text('{"own": 1}')
            (save_directory / "README.md").write_text("Mine\n")

    Own("hi").save_pretrained(tmp_path, config={"a": 1})
    assert (tmp_path / "config.json").read_text() == '{"own": 1}'
    assert (tmp_path / "README.md").read_text() == "Mine\n"


def test_a_card_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Written by hand\n")
    Text("hi").save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text() == "Written by hand\n"


def test_a_generated_card_that_nobody_edited_is_generated_again(tmp_path: Path) -> None:
    class Relicensed(Text, license="apache-2.0"):
        pass

    Text("old").save_pretrained(tmp_path)
    Relicensed("new").save_pretrained(tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.license == "apache-2.0"
    assert '| `text` | `"new"` |' in card.text


def test_a_card_of_a_classes_own_is_generated_again_too(tmp_path: Path) -> None:
    class Own(Text):
        def generate_model_card(self, **kwargs: Any) -> ModelCard:
            card = super().generate_model_card(**kwargs)
            card.data.tags.append(self.text)
            return card

    Own("old").save_pretrained(tmp_path)
    Own("new").save_pretrained(tmp_path)
    assert ModelCard.load(tmp_path / "README.md").data.tags == ["model_hub_mixin", "new"]


def test_a_generated_card_that_somebody_edited_stays(tmp_path: Path) -> None:
    Text("old").save_pretrained(tmp_path)
    card = tmp_path / "README.md"
    card.write_text(card.read_text() + "\nTrained on a Tuesday.\n")
    edited = card.read_bytes()
    Text("new").save_pretrained(tmp_path)
    assert card.read_bytes() == edited


def test_a_card_that_is_no_text_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"\xff\xfe")
    Text("hi").save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_bytes() == b"\xff\xfe"


def test_the_home_folder_can_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Text("hi").save_pretrained("~/model")
    assert names_in(tmp_path / "home/model") == ["README.md", "anyhub.json", "config.json", "model.txt"]
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("name", ["", None])
def test_what_names_no_folder_is_not_the_current_one(
    name: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError, match="names no folder; give a path"):
        Text("hi").save_pretrained(name)
    assert names_in(tmp_path) == []


# -- the card


class Described(
    Text,
    library_name="texts",
    license="mit",
    language=["en", "ko"],
    pipeline_tag="text-generation",
    repo_url="https://example.org/repo",
    paper_url="https://example.org/paper",
    docs_url="https://example.org/docs",
):
    pass


def test_the_card_says_what_the_class_and_the_model_are(tmp_path: Path) -> None:
    model = Described("hi")
    card = model.generate_model_card()
    assert card.data.to_dict() == {
        "library_name": "texts",
        "license": "mit",
        "language": ["en", "ko"],
        "pipeline_tag": "text-generation",
        "tags": ["model_hub_mixin"],
    }
    assert "https://example.org/repo" in card.text
    assert "`Described` is a model for text generation" in card.text
    assert '| `text` | `"hi"` |' in card.text
    model.save_pretrained(tmp_path)
    assert str(ModelCard.load(tmp_path / "README.md")) == str(card)


NAMING = "---\n{{ card_data }}\n---\n{{ mixin_name }} {{ framework }}\n"


def test_a_template_may_name_the_mixin_and_the_framework_each_by_its_own_name() -> None:
    torch = pytest.importorskip("torch")

    class Module(torch.nn.Module, PyTorchModelHubMixin, model_card_template=NAMING):
        pass

    class Plain(Text, model_card_template=NAMING):
        pass

    assert Module().generate_model_card().text == "PyTorchModelHubMixin PyTorch\n"
    assert Plain().generate_model_card().text == "ModelHubMixin \n"


def test_the_card_calls_the_framework_by_its_right_name() -> None:
    torch = pytest.importorskip("torch")

    class Module(torch.nn.Module, PyTorchModelHubMixin):
        pass

    assert "`Module` is a PyTorch model" in Module().generate_model_card().text
    assert "`Text` is a model." in Text().generate_model_card().text


def test_arguments_win_over_what_the_class_says() -> None:
    card = Described().generate_model_card(repo_url="https://example.org/fork", license="apache-2.0")
    assert "https://example.org/fork" in card.text
    assert "https://example.org/repo" not in card.text
    assert card.data.license == "apache-2.0"
    assert Described._hub_mixin_info.model_card_data.license == "mit"


def test_a_template_gets_the_callers_values(tmp_path: Path) -> None:
    class Templated(Described, model_card_template="---\n{{ card_data }}\n---\n{{ custom }} {{ paper_url }}\n"):
        pass

    Templated().save_pretrained(tmp_path, model_card_kwargs={"custom": "42"})
    card = ModelCard.load(tmp_path / "README.md")
    assert card.text == "42 https://example.org/paper\n"
    assert card.data.library_name == "texts"


def test_a_class_may_generate_its_own_card(tmp_path: Path) -> None:
    class Own(Described):
        def generate_model_card(self) -> ModelCard:
            return ModelCard("---\nlicense: mit\n---\nOwn\n")

    Own().save_pretrained(tmp_path, push_to_hub=True, repo_id="own")
    card = ModelCard.load(tmp_path / "README.md")
    assert (card.data.to_dict(), card.text) == ({"license": "mit"}, "Own\n")
    assert str(ModelCard.load("username/own")) == str(card)


def test_a_class_that_can_not_be_imported_is_not_told_to_be() -> None:
    names: dict[str, Any] = {"Text": Text}
    exec("class Made(Text):\n    pass", names)  # without a name of the module, it is said to be of `builtins`
    card = names["Made"]().generate_model_card(repo_id="me/it")
    assert "# Made is the class that this model was saved from" in card.text
    assert "from builtins import" not in card.text
    assert f"from {__name__} import Text\n" in Text().generate_model_card(repo_id="me/it").text


def test_saving_needs_no_jinja(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from anyhub.models.mixin import ModelHubMixin\n"
        "class M(ModelHubMixin, tags=['a']):\n"
        "    def _save_pretrained(self, save_directory): pass\n"
        "M().save_pretrained(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert ModelCard.load(tmp_path / "README.md").data.tags == ["a", "model_hub_mixin"]


# -- saving and pushing at once


def test_saving_can_push_what_was_saved(tmp_path: Path) -> None:
    model = Text("hi")
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model/notes.txt").write_text("extra")
    (tmp_path / "my-model/.git").mkdir()
    (tmp_path / "my-model/.git/config").write_text("")
    url = model.save_pretrained(tmp_path / "my-model", push_to_hub=True, commit_message="First")
    assert model.saves == 1
    api = HfApi()
    head = api.list_repo_commits("username/my-model")[0]
    assert head.title == "First"
    assert url is not None
    assert url.endswith(f"/username/my-model/commit/{head.commit_id}")
    pushed = set(api.list_repo_files("username/my-model")) - {".gitattributes"}
    assert pushed == {"README.md", "anyhub.json", "config.json", "model.txt", "notes.txt"}
    for name in pushed:
        downloaded = Path(hf_hub_download("username/my-model", name))
        assert downloaded.read_bytes() == (tmp_path / "my-model" / name).read_bytes()


def test_the_folder_keeps_its_files_when_they_are_pushed(tmp_path: Path) -> None:
    Text("hi").save_pretrained(tmp_path, push_to_hub=True, repo_id="me/elsewhere")
    assert names_in(tmp_path) == ["README.md", "anyhub.json", "config.json", "model.txt"]
    assert HfApi().repo_exists("me/elsewhere")


def test_saving_pushes_the_way_the_class_does(tmp_path: Path) -> None:
    calls: list[dict[str, Any]] = []

    class Pushing(Text):
        def push_to_hub(self, repo_id: str, **kwargs: Any) -> str:
            calls.append({"repo_id": repo_id, **kwargs})
            Text("another model").push_to_hub("another")
            return super().push_to_hub(repo_id, **kwargs)

    Pushing("hi").save_pretrained(tmp_path / "named", push_to_hub=True, private=True)
    assert calls == [{"repo_id": "named", "config": {"text": "hi"}, "model_card_kwargs": {}, "private": True}]
    assert Path(hf_hub_download("another", "model.txt")).read_text() == "another model"
    assert json.loads(Path(hf_hub_download("named", "config.json")).read_text()) == {"text": "hi"}
