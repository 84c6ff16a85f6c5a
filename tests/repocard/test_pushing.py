"""Pushing a card onto the card that is on the hub: what either side wrote stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi
from anyhub.cards.seal import is_untouched, seal
from anyhub.errors import CorruptFileError, ParentCommitError, ValidationError
from anyhub.hub.memory import MemoryHub
from anyhub.repocard import ModelCard

REPO = "username/digits"
THEIRS = "---\n# theirs\nlicense: 'mit'  # as agreed\ntags: [a, b]\n# the end\n---\n# Theirs\n"


@pytest.fixture
def api() -> HfApi:
    api = HfApi()
    api.create_repo(REPO)
    return api


@pytest.fixture
def write(api: HfApi) -> Callable[..., str]:
    """Commit a card as somebody else; return the commit."""

    def write(content: str | bytes, **where: Any) -> str:
        data = content if isinstance(content, bytes) else content.encode()
        return api.upload_file(path_or_fileobj=data, path_in_repo="README.md", repo_id=REPO, **where).oid

    return write


def on_the_hub(revision: str | None = None) -> str:
    return ModelCard.load(REPO, revision=revision).content


def test_a_card_made_from_text_sets_its_keys_and_text_and_leaves_other_keys(write: Callable[..., str]) -> None:
    write(THEIRS)
    ModelCard("---\nlicense: apache-2.0\nlanguage: en\n---\n# Mine\n").push_to_hub(REPO)
    assert on_the_hub() == (
        "---\n# theirs\nlicense: apache-2.0  # as agreed\ntags: [a, b]\n# the end\nlanguage: en\n---\n# Mine\n"
    )


def test_a_key_that_says_the_same_keeps_its_line(write: Callable[..., str]) -> None:
    write(THEIRS)
    ModelCard("---\ntags:\n- a\n- b\nlicense: mit\n---\n# Theirs\n").push_to_hub(REPO)
    assert on_the_hub() == THEIRS


def test_what_others_changed_since_a_card_was_loaded_stays(write: Callable[..., str]) -> None:
    write(THEIRS)
    card = ModelCard.load(REPO)
    write("---\n# new\nlicense: bsd\ntags: [a, b]\nlanguage: de\n---\n# Theirs, longer\n")
    card.data.tags.append("c")
    card.push_to_hub(REPO)
    assert on_the_hub() == "---\n# new\nlicense: bsd\ntags:\n- a\n- b\n- c\nlanguage: de\n---\n# Theirs, longer\n"


def test_a_text_that_was_changed_here_goes_before_theirs(write: Callable[..., str]) -> None:
    write(THEIRS)
    card = ModelCard.load(REPO)
    write(THEIRS.replace("# Theirs", "# Other"))
    card.text += "mine\n"
    card.push_to_hub(REPO)
    assert on_the_hub() == THEIRS + "mine\n"


def test_a_key_that_was_removed_here_is_removed_there(write: Callable[..., str]) -> None:
    write(THEIRS)
    card = ModelCard.load(REPO)
    write(THEIRS.replace("tags: [a, b]", "tags: [x]\nlanguage: de"))
    card.data.pop("tags")
    card.push_to_hub(REPO)
    assert on_the_hub() == THEIRS.replace("tags: [a, b]", "language: de")


def test_a_push_is_what_the_next_push_starts_from(write: Callable[..., str]) -> None:
    card = ModelCard("---\nlicense: mit\nlanguage: en\n---\n# Mine\n")
    card.push_to_hub(REPO)
    write("---\nlicense: bsd\nlanguage: en\n---\n# Theirs\n")
    card.data.language = None
    card.data.tags = ["a"]
    card.push_to_hub(REPO)
    assert on_the_hub() == "---\nlicense: bsd\ntags:\n- a\n---\n# Theirs\n"


def test_a_push_to_one_branch_or_to_a_proposal_is_none_to_another(api: HfApi) -> None:
    api.create_branch(REPO, branch="dev")
    card = ModelCard("---\nlicense: mit\n---\n# Mine\n")
    proposed = card.push_to_hub(REPO, create_pr=True)
    card.push_to_hub(REPO, revision="dev")
    card.push_to_hub(REPO)
    assert {on_the_hub(revision) for revision in (None, "dev", proposed.pr_revision)} == {card.content}


def test_a_card_of_another_repository_is_new_here(api: HfApi, write: Callable[..., str]) -> None:
    write(THEIRS)
    api.create_repo("username/copy")
    other = "---\nlanguage: de\n---\n# Old\n"
    api.upload_file(path_or_fileobj=other.encode(), path_in_repo="README.md", repo_id="username/copy")
    ModelCard.load(REPO).push_to_hub("username/copy")
    copy = ModelCard.load("username/copy")
    assert copy.data.to_dict() == {"language": "de", "license": "mit", "tags": ["a", "b"]}
    assert copy.text == "# Theirs\n"


def test_a_bare_name_is_the_same_repository(write: Callable[..., str]) -> None:
    write(THEIRS)
    card = ModelCard.load("digits")
    write(THEIRS.replace("# Theirs", "# Other"))
    card.data.language = "en"
    card.push_to_hub(REPO)
    assert on_the_hub().endswith("# Other\n")


def test_a_repository_without_a_card_gets_this_one_byte_for_byte(api: HfApi) -> None:
    ModelCard(THEIRS).push_to_hub(REPO)
    assert on_the_hub() == THEIRS


def test_a_card_without_metadata_gets_that_of_this_one(write: Callable[..., str]) -> None:
    write("# Only text\n")
    ModelCard(THEIRS).push_to_hub(REPO)
    assert on_the_hub() == THEIRS


def test_without_merging_the_card_is_replaced_as_a_whole(write: Callable[..., str]) -> None:
    write(THEIRS)
    mine = "---\nlicense: bsd\n---\n"
    ModelCard(mine).push_to_hub(REPO, merge=False)
    assert on_the_hub() == mine


def test_a_push_that_changes_nothing_makes_no_commit(api: HfApi, write: Callable[..., str]) -> None:
    head = write(THEIRS)
    card = ModelCard.load(REPO)
    assert card.push_to_hub(REPO).oid == head
    assert ModelCard(THEIRS).push_to_hub(REPO).oid == head
    assert len(api.list_repo_commits(REPO)) == 2


def test_a_generated_card_replaces_a_generated_one_that_nobody_edited(write: Callable[..., str]) -> None:
    write(seal("---\nlicense: mit\ntags: [old]\n---\n# Old\n"))
    new = seal("---\nlicense: bsd\n---\n# New\n")
    ModelCard(new).push_to_hub(REPO)
    assert on_the_hub() == new
    assert is_untouched(on_the_hub())
    write(new + "edited\n")
    ModelCard(seal("---\nlicense: mit\n---\n# Newer\n")).push_to_hub(REPO)
    assert not is_untouched(on_the_hub())


@pytest.mark.parametrize("theirs", ["---\na: [\n---\n", "---\n- a\n---\n"])
def test_a_card_that_can_not_be_read_is_not_merged_with(theirs: str, write: Callable[..., str]) -> None:
    write(theirs)
    with pytest.raises(ValidationError, match=r"can not be merged with: .* pass merge=False"):
        ModelCard(THEIRS).push_to_hub(REPO)
    ModelCard(THEIRS).push_to_hub(REPO, merge=False)
    assert on_the_hub() == THEIRS


def test_a_card_that_is_not_utf_8_is_refused(write: Callable[..., str]) -> None:
    write(b"---\na: \xff\n---\n")
    with pytest.raises(CorruptFileError, match="not UTF-8"):
        ModelCard(THEIRS).push_to_hub(REPO)


def test_a_merge_that_would_not_be_valid_is_not_pushed(write: Callable[..., str]) -> None:
    head = write("---\nlicense: other\nlicense_name: ours\n---\n")
    with pytest.raises(ValidationError, match="'license_name' needs the license 'other'"):
        ModelCard("---\nlicense: mit\n---\n").push_to_hub(REPO)
    assert HfApi().model_info(REPO).sha == head


class BusyHub(MemoryHub):
    """A hub on which somebody else commits just before each of our commits, for a while."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def commit(self, repo: Any, changes: Any, **kwargs: Any) -> Any:
        if self.times:
            self.times -= 1
            key = f"their_{self.times}"
            there = ModelCard.load(str(repo), endpoint=self)
            there.data[key] = True
            their = there.content.encode()
            now, self.times = self.times, 0
            HfApi(endpoint=self).upload_file(path_or_fileobj=their, path_in_repo="README.md", repo_id=str(repo))
            self.times = now
        return super().commit(repo, changes, **kwargs)


def busy_hub(times: int) -> BusyHub:
    hub = BusyHub(0)
    HfApi(endpoint=hub).create_repo(REPO)
    ModelCard(THEIRS).push_to_hub(REPO, endpoint=hub)
    hub.times = times
    return hub


def test_a_push_that_was_overtaken_is_merged_again() -> None:
    hub = busy_hub(3)
    ModelCard("---\nlanguage: en\n---\n# Mine\n").push_to_hub(REPO, endpoint=hub)
    card = ModelCard.load(REPO, endpoint=hub)
    assert (card.data.language, card.data.their_0, card.data.their_1, card.data.their_2) == ("en", True, True, True)


def test_a_push_that_is_always_overtaken_gives_up() -> None:
    hub = busy_hub(1000)
    with pytest.raises(ParentCommitError):
        ModelCard("---\nlanguage: en\n---\n").push_to_hub(REPO, endpoint=hub)
    assert hub.times > 900


def test_a_push_onto_a_stated_parent_is_not_tried_again() -> None:
    hub = busy_hub(1)
    head = HfApi(endpoint=hub).model_info(REPO).sha
    with pytest.raises(ParentCommitError):
        ModelCard("---\nlanguage: en\n---\n").push_to_hub(REPO, endpoint=hub, parent_commit=head)
    assert "language" not in ModelCard.load(REPO, endpoint=hub).data


def test_of_many_who_push_at_once_nobody_loses_a_key(api: HfApi) -> None:
    ModelCard(THEIRS).push_to_hub(REPO)

    def push(number: int) -> None:
        card = ModelCard.load(REPO)
        card.data[f"key_{number}"] = number
        card.push_to_hub(REPO)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(8)))
    data = ModelCard.load(REPO).data
    assert [data.get(f"key_{number}") for number in range(8)] == list(range(8))


def test_merging_says_nothing_of_cards_without_metadata(
    write: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    write("# Only text\n")
    with caplog.at_level(logging.WARNING, logger="anyhub.repocard"):
        ModelCard(THEIRS).push_to_hub(REPO)
    assert caplog.messages == []


def test_a_card_loaded_from_one_hub_is_new_to_another(tmp_path: Path, write: Callable[..., str]) -> None:
    write(THEIRS)
    other = HfApi(endpoint=tmp_path / "other")
    other.create_repo(REPO)
    other.upload_file(path_or_fileobj=b"---\nlanguage: de\n---\n", path_in_repo="README.md", repo_id=REPO)
    ModelCard.load(REPO).push_to_hub(REPO, endpoint=tmp_path / "other")
    assert ModelCard.load(REPO, endpoint=tmp_path / "other").data.to_dict() == {
        "language": "de",
        "license": "mit",
        "tags": ["a", "b"],
    }
