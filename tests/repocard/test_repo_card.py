"""The card of a repository: read, changed, saved, pushed and loaded again."""

from __future__ import annotations

import logging
import runpy
import sys
from pathlib import Path

import pytest

from anyhub.api import HfApi
from anyhub.cards.dataset_metadata import DatasetCardData
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.cards.space_metadata import SpaceCardData
from anyhub.errors import (
    CorruptFileError,
    EntryNotFoundError,
    ParentCommitError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    ValidationError,
)
from anyhub.repocard.repo_card import DatasetCard, ModelCard, RepoCard, SpaceCard
from anyhub.repocard.updating import metadata_update

CARDS: dict[str, str] = runpy.run_path(str(Path(__file__).parents[1] / "cards" / "test_text.py"))["CARDS"]
CARD = "---\n# what it is\nlicense: mit  # as agreed\ntags: [a, b]\n---\n# Title\n"
REPO = "username/digits"


@pytest.fixture
def api() -> HfApi:
    api = HfApi()
    api.create_repo(REPO)
    return api


@pytest.mark.parametrize("cls", [RepoCard, ModelCard])
@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS)
def test_a_card_that_is_not_changed_is_written_as_it_was_read(
    content: str, cls: type[RepoCard], tmp_path: Path
) -> None:
    card = cls(content)
    assert card.content == str(card) == content
    card.save(tmp_path / "new" / "README.md")
    assert (tmp_path / "new" / "README.md").read_bytes() == content.encode()
    assert cls.load(tmp_path / "new" / "README.md").content == content


@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS)
def test_a_new_key_leaves_everything_else_as_it_is(content: str) -> None:
    card = RepoCard(content)
    before, text = card.data.to_dict(), card.text
    card.data.added = "no"
    again = RepoCard(card.content)
    assert again.data.to_dict() == before | {"added": "no"}
    assert again.text == text
    card.data.pop("added")
    assert card.content == content


def test_only_the_key_that_changed_changes() -> None:
    card = ModelCard(CARD)
    card.data.license = "apache-2.0"
    assert card.content == CARD.replace("mit  # as agreed", "apache-2.0  # as agreed")
    card.data.language = "no"
    assert card.content == CARD.replace("mit  # as agreed", "apache-2.0  # as agreed").replace(
        "b]\n", "b]\nlanguage: 'no'\n"
    )
    card.data.tags.append("c")
    assert "tags:\n- a\n- b\n- c\n" in card.content
    card.data.tags = None
    assert "tags" not in card.content


@pytest.mark.parametrize(("old", "new"), [(1, True), (1, 1.0), ("1", 1), (0, False), ([1], [True])])
def test_a_change_of_type_is_a_change(old: object, new: object) -> None:
    card = RepoCard(f"---\nkey: {old!r}\n---\n")
    card.data.key = new
    assert repr(RepoCard(card.content).data.key) == repr(new)


def test_changes_keep_the_line_breaks_and_the_byte_order_mark() -> None:
    card = RepoCard("\ufeff---\r\nlicense: mit\r\n---\r\ntext\r\n")
    card.data.tags = ["a"]
    card.text += "more\r\n"
    assert card.content == "\ufeff---\r\nlicense: mit\r\ntags:\r\n- a\r\n---\r\ntext\r\nmore\r\n"


def test_removing_every_key_removes_the_block() -> None:
    card = RepoCard("---\nlicense: mit\n---\ntext\n")
    card.data.pop("license")
    assert card.content == "text\n"


def test_new_content_is_read_anew() -> None:
    card = RepoCard(CARD)
    card.content = "---\nlicense: other\n---\nnew\n"
    assert (card.data.license, card.text) == ("other", "new\n")
    card.data = CardData(license="mit")
    assert card.content == "---\nlicense: mit\n---\nnew\n"


def test_the_evaluation_results_of_a_card_survive() -> None:
    card = ModelCard(CARDS["model index"])
    results = card.data["model-index"]
    assert results[0]["results"][0]["metrics"] == [{"type": "accuracy", "value": 0.97}]
    card.data.license = "mit"
    assert card.content == CARDS["model index"].replace("---\n# Digits", "license: mit\n---\n# Digits")
    card.data.model_name = results[0]["name"] = "other"
    assert ModelCard(card.content).data["model-index"] == results


def test_norwegian_stays_norwegian() -> None:
    card = ModelCard("---\nlanguage: no\nlicense: mit\n---\n")
    assert card.data.language == "no"
    card.data.language = ["no", "en"]
    assert card.content == "---\nlanguage:\n- 'no'\n- en\nlicense: mit\n---\n"


def test_a_key_may_have_any_name() -> None:
    card = ModelCard("---\nself: 1\nget: 2\nignore_metadata_errors: true\n_values: 3\n---\n")
    assert (card.data["self"], card.data["get"], card.data["_values"]) == (1, 2, 3)
    card.data.license = "mit"
    assert card.content == ("---\nself: 1\nget: 2\nignore_metadata_errors: true\n_values: 3\nlicense: mit\n---\n")


def test_a_card_without_metadata_says_so(caplog: pytest.LogCaptureFixture) -> None:
    card = ModelCard("# Title\n")
    assert (card.data.to_dict(), card.text) == ({}, "# Title\n")
    assert caplog.messages == ["Repo card metadata block was not found. Setting CardData to empty."]


@pytest.mark.parametrize(
    "content", ["---\nHello world\n---\n", "---\n- a\n---\n", "---\na: [\n---\n", "---\na: 1\na: 2\n---\n"]
)
def test_metadata_that_can_not_be_read_is_refused_or_ignored(content: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="metadata"):
        RepoCard(content)
    card = RepoCard(content + "text\n", ignore_metadata_errors=True)
    assert caplog.records[-1].levelno == logging.WARNING
    assert (card.data.to_dict(), card.text, card.content) == ({}, "text\n", content + "text\n")
    with pytest.raises(ValidationError):
        card.validate()
    card.data.license = "mit"
    assert card.content == "---\nlicense: mit\n---\ntext\n"


def test_a_file_goes_before_a_repository_and_a_folder_does_not(
    api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ModelCard(CARD).push_to_hub(REPO)
    Path("username/digits").mkdir(parents=True)
    assert ModelCard.load(REPO).content == CARD
    Path("username/digits/README.md").write_text("---\nlicense: other\n---\n")
    assert ModelCard.load("username/digits/README.md").data.license == "other"


def test_saving_replaces_the_old_card(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("old")
    ModelCard(CARD).save(str(path))
    assert path.read_text() == CARD
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_utf_8_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "latin.md"
    path.write_bytes("---\nauthor: José\n---\n".encode("latin-1"))
    with pytest.raises(CorruptFileError, match=r"latin\.md' is not UTF-8 at byte 15"):
        RepoCard.load(path)


def test_a_file_that_is_too_large_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "huge.md"
    with path.open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(ValidationError, match=r"huge\.md' takes 17,825,792 bytes"):
        RepoCard.load(path)


def test_a_card_that_is_pushed_is_loaded_again_by_revision(api: HfApi) -> None:
    first = ModelCard(CARD)
    done = first.push_to_hub(REPO, commit_message="Describe it", commit_description="In short.")
    assert (done.commit_message, done.commit_description) == ("Describe it", "In short.")
    api.create_tag(REPO, tag="v1")
    first.data.license = "apache-2.0"
    first.push_to_hub(REPO, parent_commit=done.oid)
    assert ModelCard.load(REPO).content == first.content
    assert ModelCard.load(REPO, revision="v1").content == CARD
    with pytest.raises(ParentCommitError):
        ModelCard(CARD).push_to_hub(REPO, parent_commit=done.oid)


def test_a_card_can_be_proposed(api: HfApi) -> None:
    ModelCard(CARD).push_to_hub(REPO)
    done = ModelCard(CARD + "more\n").push_to_hub(REPO, create_pr=True)
    assert ModelCard.load(REPO).content == CARD
    assert ModelCard.load(REPO, revision=done.pr_revision).content == CARD + "more\n"


def test_a_card_of_a_data_set_goes_to_the_data_set(api: HfApi) -> None:
    api.create_repo("username/digits", repo_type="dataset")
    RepoCard(CARD).push_to_hub("username/digits", repo_type="dataset")
    assert RepoCard.load("username/digits", repo_type="dataset").content == CARD
    with pytest.raises(EntryNotFoundError):
        RepoCard.load("username/digits")


def test_a_card_goes_to_the_hub_that_is_named(tmp_path: Path) -> None:
    HfApi(endpoint=tmp_path / "hub").create_repo(REPO)
    ModelCard(CARD).push_to_hub(REPO, endpoint=tmp_path / "hub")
    assert ModelCard.load(REPO, endpoint=tmp_path / "hub").content == CARD
    with pytest.raises(RepositoryNotFoundError):
        ModelCard.load(REPO)


def test_what_is_not_there_is_named(api: HfApi) -> None:
    with pytest.raises(RepositoryNotFoundError, match=REPO):
        ModelCard.load("username/digit")
    with pytest.raises(EntryNotFoundError, match=r"README\.md"):
        ModelCard.load(REPO)
    with pytest.raises(RevisionNotFoundError, match="v9"):
        ModelCard.load(REPO, revision="v9")


@pytest.mark.parametrize("name", ["./no/such/file.md", "/no/such/file.md", "no/such/file.md", Path("no") / "file .md"])
def test_a_file_that_is_not_there_is_named_as_one(name: str | Path) -> None:
    with pytest.raises(EntryNotFoundError, match=r"There is no file '.*file ?\.md'; give the path of one"):
        ModelCard.load(name)


def test_a_card_that_is_not_valid_is_not_pushed(api: HfApi) -> None:
    card = ModelCard(CARD)
    card.data.license_name = "my-license"
    with pytest.raises(ValidationError, match="'license_name' needs the license 'other'"):
        card.push_to_hub(REPO)
    with pytest.raises(EntryNotFoundError):
        ModelCard.load(REPO)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("library_name: [a]", "'library_name' should be a text;"),
        ("license: 3", "'license' should be a text or a list of texts"),
        ("tags: word", "'tags' should be a list of texts"),
        ("tags: [a, 1]", "'tags' should be a list of texts"),
        ("language: {a: b}", "'language' should be"),
        ("license: mit\nlicense_name: x", "'license_name' needs"),
        ("license_link: x", "'license_link' needs"),
        ("model-index: {name: m}", "'model-index' should be"),
        ("model-index: [{name: m}]", "'model-index' should be"),
        ("pipeline_tag: 1\ntags: 2", "'pipeline_tag' .*; 'tags'"),
    ],
)
def test_every_wrong_key_is_named(metadata: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason.rstrip(";")):
        ModelCard(f"---\n{metadata}\n---\n").validate()


@pytest.mark.parametrize(
    "content", [*CARDS.values(), "---\nlicense: other\nlicense_name: x\nlicense_link: LICENSE\n---\n"]
)
def test_good_cards_are_valid(content: str) -> None:
    ModelCard(content).validate()


def test_a_model_index_belongs_to_models() -> None:
    RepoCard("---\nmodel-index: mine\n---\n").validate(repo_type="dataset")


def test_a_card_is_made_from_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ModelCardData(license="mit", tags=["a"])
    template = tmp_path / "template.md"
    template.write_bytes(b"---\r\n{{ card_data }}\r\n---\r\n{{ license }} {{ word }}\r\n")
    card = ModelCard.from_template(data, template, word="x")
    assert isinstance(card, ModelCard)
    assert card.data == data
    assert card.content == "---\r\nlicense: mit\r\ntags:\r\n- a\r\n---\r\nmit x\r\n"
    assert ModelCard.from_template(data, template_str="{{ license }}", license="bsd").text == "bsd"
    assert "# Model Card for Model ID\n" in ModelCard.from_template(data).text
    assert "# Dataset Card for Dataset Name\n" in DatasetCard.from_template(DatasetCardData()).text
    assert "# Space Name\n" in SpaceCard.from_template(SpaceCardData()).text
    with pytest.raises(ValidationError, match="not both"):
        ModelCard.from_template(data, template, "text")


def test_a_card_needs_no_template_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert ModelCard.from_template(ModelCardData(tags=["a"]), model_id="mine").data.tags == ["a"]


def test_the_card_of_what_create_repo_returned_can_be_loaded() -> None:
    url = HfApi().create_repo("username/with-card")
    HfApi().upload_file(path_or_fileobj=b"---\nlicense: mit\n---\n", path_in_repo="README.md", repo_id=url)
    assert ModelCard.load(url).data.license == "mit"


@pytest.mark.parametrize(
    ("cls", "data_class", "repo_type"),
    [
        (ModelCard, ModelCardData, "model"),
        (DatasetCard, DatasetCardData, "dataset"),
        (SpaceCard, SpaceCardData, "space"),
    ],
)
def test_each_kind_of_card_goes_to_its_kind_of_repository(
    cls: type[RepoCard], data_class: type[CardData], repo_type: str
) -> None:
    HfApi().create_repo("username/it", repo_type=repo_type)
    card = cls(CARD)
    assert type(card.data) is data_class
    card.push_to_hub("username/it")
    assert cls.load("username/it").content == CARD
    assert HfApi().file_exists("username/it", "README.md", repo_type=repo_type)


def test_the_address_of_a_repository_says_its_kind() -> None:
    url = HfApi().create_repo("username/it", repo_type="dataset")
    RepoCard(CARD).push_to_hub(url)
    assert RepoCard.load(url).content == CARD


def test_a_class_of_ones_own_has_its_own_template(tmp_path: Path) -> None:
    template = tmp_path / "mine.md"
    template.write_text("---\n{{ card_data }}\n---\n# {{ word }}\n")

    class MyCard(RepoCard):
        default_template_path = template

    assert MyCard.from_template(CardData(a=1), word="x").content == "---\na: 1\n---\n# x\n"


def test_a_downloaded_card_is_never_a_template(api: HfApi) -> None:
    evil = "---\ntitle: '{{ 7*7 }}'\n---\n{{ 7*7 }} {% for i in range(3) %}x{% endfor %} {{ license }}\n"
    api.upload_file(path_or_fileobj=evil.encode(), path_in_repo="README.md", repo_id=REPO)
    card = ModelCard.load(REPO)
    card.data.license = "mit"
    card.push_to_hub(REPO)
    metadata_update(REPO, {"language": "en"})
    mine = ModelCard("---\ntags: [a]\n---\n" + card.text)
    mine.push_to_hub(REPO)
    pushed = ModelCard.load(REPO)
    assert pushed.text == card.text
    assert pushed.content.startswith("---\ntitle: '{{ 7*7 }}'\n")
    made = ModelCard.from_template(pushed.data, template_str="---\n{{ card_data }}\n---\n{{ text }}", text=pushed.text)
    assert (made.text, made.data.title) == (card.text, "{{ 7*7 }}")


@pytest.mark.parametrize("index", ["mine", "[{results: []}]", "[{name: m, results: [{metrics: []}]}]"])
def test_a_model_index_that_is_not_made_of_results_stays_as_it_is(index: str, caplog: pytest.LogCaptureFixture) -> None:
    content = f"---\nmodel-index: {index}\nlicense: mit\n---\n"
    card = ModelCard(content)
    card.data.license = "bsd"
    assert card.content == str(card) == content.replace("mit", "bsd")
    assert card.data.eval_results is None
    assert caplog.messages == ["Invalid model-index. Not loading eval results into CardData."]


def test_a_changed_result_changes_the_model_index_alone() -> None:
    content = "---\n# what\n" + CARDS["model index"].removeprefix("---\n").replace(
        "---\n#", "license: mit # as agreed\n---\n#"
    )
    card = ModelCard(content)
    assert card.data.eval_results is not None
    card.data.eval_results[0].metric_value = 1
    assert ModelCard(card.content).data.eval_results == card.data.eval_results
    assert card.content.startswith("---\n# what\nmodel-index:\n")
    assert card.content.endswith("license: mit # as agreed\n---\n# Digits\n")
    card.data.eval_results[0].metric_value = 0.97
    assert card.content == content


def test_a_model_index_of_a_model_without_a_name_can_be_written() -> None:
    content = "---\nmodel-index:\n- name: ''\n  results: []\n---\n"
    assert ModelCard(content).content == content


def test_a_template_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "template.md").write_text("# {{ title }}\n")
    with pytest.raises(EntryNotFoundError, match=r"There is no file '.*templat\.md'.* Did you mean 'template\.md'\?"):
        ModelCard.from_template(ModelCardData(), template_path=tmp_path / "templat.md")
    with pytest.raises(EntryNotFoundError, match="is a folder"):
        ModelCard.from_template(ModelCardData(), template_path=tmp_path)
