"""The metadata of a card, as a dict, as attributes and as YAML."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.errors import ValidationError


def test_keys_are_items_and_attributes() -> None:
    data = CardData(license="mit")
    data["tags"] = ["a"]
    data.language = "en"
    assert (data.license, data.tags, data["language"]) == ("mit", ["a"], "en")
    assert list(data) == ["license", "tags", "language"]
    assert ("tags" in data, "other" in data, 3 in data, len(data)) == (True, False, False, 3)
    del data["tags"], data.language
    assert data.to_dict() == {"license": "mit"}


def test_none_means_missing() -> None:
    data = CardData(license=None, tags=["a"])
    assert data.get("license", "mit") == "mit"
    assert data.get("license") is None
    assert ("license" in data, len(data), list(data)) == (False, 1, ["tags"])
    assert str(data) == "tags:\n- a"


def test_pop_gives_the_value_or_the_default() -> None:
    data = CardData(a=1)
    assert (data.pop("a"), data.pop("a"), data.pop("a", 2), len(data)) == (1, None, 2, 0)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(AttributeError, match="'colour'"):
        _ = CardData().colour
    with pytest.raises(AttributeError, match="'colour'"):
        del CardData().colour
    with pytest.raises(KeyError, match="colour"):
        CardData()["colour"]


def test_equality_is_by_content() -> None:
    assert CardData(a=1) != CardData(b=2)
    assert CardData(a=1) == CardData(a=1, b=None)
    assert CardData(license="mit") == ModelCardData(license="mit")
    assert CardData(a=1) != {"a": 1}


def test_a_key_may_have_the_name_of_a_method() -> None:
    data = CardData(get=1, to_dict=2, self=3, _values=4, keys=5)
    assert data.to_dict() == {"get": 1, "to_dict": 2, "self": 3, "_values": 4, "keys": 5}
    assert ModelCardData(self=1)["self"] == 1


@pytest.mark.parametrize("cls", [CardData, ModelCardData])
def test_it_can_be_copied_and_pickled(cls: type[CardData]) -> None:
    data = cls(license="mit", tags=["a"])
    for other in (copy.copy(data), copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert other == data
        assert type(other) is cls
    copy.deepcopy(data).tags.append("b")
    assert data.tags == ["a"]


def test_to_dict_is_a_deep_copy_without_what_is_none_at_the_top() -> None:
    data = CardData(a={"b": [1, None]}, c=None)
    data.to_dict()["a"]["b"].append(2)
    assert data.to_dict() == {"a": {"b": [1, None]}}


def test_the_callers_lists_stay_as_they_are() -> None:
    tags, datasets = ["b", "a", "b"], ["d"]
    data = ModelCardData(tags=tags, datasets=datasets, other=tags)
    data.tags.append("c")
    data.datasets.append("e")
    data.other.append("f")
    assert (tags, datasets) == (["b", "a", "b"], ["d"])
    assert data.tags == ["b", "a", "c"]


@pytest.mark.parametrize("tags", [None, "word", [], [{"a": 1}, {"a": 1}]])
def test_tags_that_are_not_texts_stay_as_they_are(tags: object) -> None:
    assert ModelCardData(tags=tags).tags == tags  # type: ignore[arg-type]


def test_yaml_keeps_the_order_the_unicode_and_the_texts() -> None:
    data = CardData(title="Größe 😀", language="no", license="mit", rate="1e3")
    assert data.to_yaml() == str(data) == "title: Größe 😀\nlanguage: 'no'\nlicense: mit\nrate: '1e3'"
    assert data.to_yaml("\r\n") == str(data).replace("\n", "\r\n")
    assert CardData().to_yaml() == ""


def test_repr_shows_what_there_is() -> None:
    assert repr(ModelCardData(license="mit")) == "ModelCardData(license='mit')"


class _Licence(StrEnum):
    MIT = "mit"


def test_values_that_have_a_plain_form_get_it() -> None:
    data = CardData(
        license=_Licence.MIT,
        day=date(2024, 5, 1),
        pair=(1, 2),
        score=np.float64(0.5),
        count=np.int64(3),
        half=np.float32(0.5),
    )
    assert repr(data.to_dict()) == (
        "{'license': 'mit', 'day': '2024-05-01', 'pair': [1, 2], 'score': 0.5, 'count': 3, 'half': 0.5}"
    )
    assert block.read(str(data)) == data.to_dict()


def _circle() -> list[object]:
    circle: list[object] = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "value of type object"),
        ([{"a": {1, 2}}], "value of type set"),
        ({("a", "b"): 1}, "key of type tuple"),
        (b"bytes", "value of type bytes"),
        (1j, "value of type complex"),
        (_circle(), "20 levels"),
        (10**1000, "999 digits"),
    ],
)
def test_what_yaml_has_no_words_for_is_refused_by_key(value: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=f"'odd'.* {reason}"):
        CardData(odd=value)
    data = CardData(fine=1)
    data.odd = value
    with pytest.raises(ValidationError, match=f"'odd'.* {reason}"):
        data.to_yaml()


def test_what_yaml_has_no_words_for_can_be_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert CardData(ignore_metadata_errors=True, odd=object(), fine=1).to_dict() == {"fine": 1}
    assert "'odd'" in caplog.text


def test_the_deepest_value_that_is_accepted_can_be_read_back() -> None:
    deep: object = "x"
    for _ in range(19):
        deep = [deep]
    data = CardData(a=deep)
    assert block.read(str(data)) == data.to_dict()
    with pytest.raises(ValidationError, match="20 levels"):
        CardData(a=[deep])


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), _values, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_yaml_reads_back_as_the_same_data(values: dict[str, object], line_break: str) -> None:
    values.pop("ignore_metadata_errors", None)
    data = CardData(**values)
    assert repr(block.read(data.to_yaml(line_break))) == repr(data.to_dict())


def test_neither_yaml_nor_jinja_is_imported_before_it_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; import anyhub.repocard.repo_card as m; m.ModelCardData(tags=['a']).to_dict();"
        "print(sorted({'yaml', 'jinja2', 'numpy', 'torch', 'importlib.resources'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
