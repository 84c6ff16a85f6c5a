"""Cards made from templates: what they say, that they always say the same, and that no value can escape."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from textwrap import dedent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.cards.generate import BLANK_MODEL_CARD, DEFAULT_MODEL_CARD, render
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.cards.text import CardText
from anyhub.errors import MissingDependencyError, ValidationError

DATA = ModelCardData(library_name="keras-nlp", license="mit", tags=["keras", "pytorch_model_hub_mixin"])
VALUES: Mapping[str, object] = {
    "mixin_name": "PyTorchModelHubMixin",
    "repo_url": "https://example.org/my-library",
    "paper_url": "https://example.org/paper",
    "docs_url": "https://example.org/docs",
    "repo_id": "username/my-awesome-model",
    "class_name": "MyModel",
    "class_module": "my_library.models",
    "config": {"hidden_size": 128, "activation": "gelu", "layers": [1, 2], "bias": None},
    "parameter_count": 3_874_564,
}


def metadata(card: str) -> dict[str, object]:
    return block.read(CardText.cut(card).block)


def test_the_default_card_says_all_that_is_known() -> None:
    assert render(DEFAULT_MODEL_CARD, DATA, VALUES) == dedent(
        """\
        ---
        library_name: keras-nlp
        license: mit
        tags:
        - keras
        - pytorch_model_hub_mixin
        ---

        # my-awesome-model

        This model has been pushed to the Hub using the `PyTorchModelHubMixin` integration:

        - Library: https://example.org/my-library
        - Paper: https://example.org/paper
        - Docs: https://example.org/docs
        - Parameters: 3,874,564

        ## How to load it

        ```python
        from my_library.models import MyModel

        model = MyModel.from_pretrained("username/my-awesome-model")
        ```

        ## Configuration

        | Name | Value |
        | --- | --- |
        | `hidden_size` | `128` |
        | `activation` | `"gelu"` |
        | `layers` | `[1, 2]` |
        | `bias` | `null` |
        """
    )


def test_the_default_card_says_what_is_missing_and_nothing_more() -> None:
    assert render(DEFAULT_MODEL_CARD, CardData(license="mit"), {}) == dedent(
        """\
        ---
        license: mit
        ---

        # Model card

        This model has been pushed to the Hub using the `ModelHubMixin` integration:

        - Library: [More Information Needed]
        - Docs: [More Information Needed]
        """
    )


@pytest.mark.parametrize(
    ("class_name", "module", "imports"),
    [
        ("OrderedDict", "collections", True),
        ("Outer.Inner", "a_module", True),
        ("Mine", "__main__", False),
        ("test.<locals>.Mine", "tests.some", False),
    ],
)
def test_the_snippet_for_loading_runs(
    class_name: str, module: str, imports: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mine:
        from_pretrained = staticmethod(lambda repo_id: ("loaded", repo_id))
        OrderedDict = Inner = Outer = property(lambda self: self)

    Mine.OrderedDict = Mine.Inner = Mine.Outer = Mine  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, module, Mine)  # type: ignore[arg-type]
    card = render(DEFAULT_MODEL_CARD, DATA, {"repo_id": "me/it", "class_name": class_name, "class_module": module})
    names: dict[str, object] = {} if imports else {"Mine": Mine}
    exec(card.partition("```python\n")[2].partition("```")[0], names)
    assert names["model"] == ("loaded", "me/it")


@pytest.mark.parametrize("class_name", ["__import__('os')", "My Model", "M;x", "M[int]"])
def test_a_class_name_that_is_no_name_makes_no_snippet(class_name: str) -> None:
    assert "```" not in render(DEFAULT_MODEL_CARD, DATA, {"repo_id": "me/it", "class_name": class_name})


def test_a_repository_name_stays_within_its_quotes() -> None:
    card = render(DEFAULT_MODEL_CARD, DATA, {"repo_id": 'a");\nevil("', "class_name": "M"})
    assert 'model = M.from_pretrained("a\\");\\nevil(\\"")\n' in card


@pytest.mark.parametrize(
    ("data", "values", "title"),
    [
        (CardData(title="Mine"), VALUES, "Mine"),
        (ModelCardData(model_name="Mine"), VALUES, "Mine"),
        (CardData(), {"class_name": "f.<locals>.MyModel"}, "MyModel"),
    ],
)
def test_the_title_is_the_best_name_there_is(data: CardData, values: Mapping[str, object], title: str) -> None:
    assert f"\n# {title}\n" in render(DEFAULT_MODEL_CARD, data, values)


def test_the_cells_of_the_configuration_stay_cells() -> None:
    config = {"a|b": "x|y", "c`": "``", "long": "z" * 1000, "lines": "1\n2", "obj": [object()], "<b>": "<script>"}
    rows = render(DEFAULT_MODEL_CARD, DATA, {"config": config}).partition("| --- | --- |\n")[2].splitlines()
    assert rows == [
        r'| `a\|b` | `"x\|y"` |',
        '| `` c` `` | ``` "``" ``` |',
        f'| `long` | `"{"z" * 78}…` |',
        r'| `lines` | `"1\n2"` |',
        '| `obj` | `["object"]` |',
        '| `<b>` | `"<script>"` |',
    ]


def test_a_long_configuration_is_cut_short() -> None:
    card = render(DEFAULT_MODEL_CARD, DATA, {"config": {f"key_{n}": n for n in range(45)}})
    assert card.endswith("| `key_39` | `39` |\n| … | 5 more in `config.json` |\n")


def test_the_blank_card_has_a_place_for_everything() -> None:
    card = render(BLANK_MODEL_CARD, DATA, {"repo": "https://example.org/code"})
    assert CardText.cut(card).text.startswith("\n# Model Card for Model ID\n")
    assert "Repository:** https://example.org/code\n" in card
    assert "License:** mit\n" in card
    assert metadata(card) == DATA.to_dict()
    assert "# Model Card for mine\n" in render(BLANK_MODEL_CARD, DATA, {"model_id": "mine"})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ x }}|{{x}}|{{  x  }}", "1|1|1"),
        ("{{ missing }}|{{ nothing }}", "|"),
        ("{{ nothing | default('a', true) }}|{{ missing|default(\"it's\", true) }}", "a|it's"),
        ("{{ empty | default('a') }}|{{ empty | default('a', true) }}|{{ nothing | default('a') }}", "|a|a"),
        ("{{ license }}|{{ tags }}", "mit|given"),
        ("a } {{ { b", None),
        ("plain", "plain"),
    ],
)
def test_placeholders_take_values_and_defaults(template: str, text: str | None) -> None:
    values = {"x": 1, "nothing": None, "empty": "", "tags": "given"}
    if text is None:
        with pytest.raises(ValidationError, match="can not be rendered"):
            render(template, CardData(), values)
    else:
        assert render(template, CardData(license="mit"), values) == text


def test_a_value_is_never_a_template() -> None:
    values = {"a": "{{ b }} {% raw %} {# c #}", "b": "secret"}
    assert render("{{ a }}", CardData(), values) == values["a"]
    assert render("{% if a %}{{ a }}{% endif %}", CardData(), values) == values["a"]


def test_metadata_is_never_a_template() -> None:
    data = CardData(title="{{ b }}", text="a\n---\n{{ b }}")
    card = render("---\n{{ card_data }}\n---\n{{ title }}", data, {"b": "secret"})
    assert metadata(card) == data.to_dict()
    assert CardText.cut(card).text == "{{ b }}"


EVIL = [
    "mit\ntags: [evil]",
    "mit\r\nevil: 1",
    "mit\u2028evil: 1",
    "mit\x85evil: 1",
    "a', evil: 'b",
    'a", evil: "b',
    "a, evil: b",
    "a}\nevil: {",
    "x # \n---\nevil: 1\n---\n",
    "\n---\n",
    "&a [*a]",
    "!!python/name:os.system",
    "{evil: 1}",
    "- a",
    "no",
    "1e3",
    "",
    " ",
    "'",
    '"',
    "\\",
    "\\n",
    "|",
    "# comment",
]
HEADERS = [
    "license: {{ value }}",
    "license: '{{ value }}'",
    'license: "{{ value }}"',
    "{license: {{ value }}}",
    "{license: '{{ value }}', other: 1}",
    '{license: "{{ value }}"}',
    "# {{ value }}\nlicense: mit",
    "license: mit # {{ value }}",
    "license: |\n  {{ value }}",
    "license:\n- {{ value }}",
    "license: [{{ value }}]",
    "license: {% if true %}{{ value }}{% endif %}",
    "{license: '{{ value | trim }}'}",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("value", EVIL)
def test_a_value_can_not_add_a_key_to_the_metadata(value: str, header: str) -> None:
    try:
        card = render(f"---\n{header}\n---\ntext\n", CardData(), {"value": value})
        read = metadata(card)
    except ValidationError:
        return
    assert read.keys() <= {"license", "other"}
    assert CardText.cut(card).text == "text\n"
    assert (yaml.safe_load(CardText.cut(card).block) or {}).keys() <= {"license", "other"}


@settings(max_examples=100)
@given(st.text(alphabet=st.sampled_from("a:'\"\n\r{}[],#-&*!| \\\x85\u2028é😀%@`?")), st.sampled_from(HEADERS))
def test_no_text_at_all_can_add_a_key_to_the_metadata(value: str, header: str) -> None:
    test_a_value_can_not_add_a_key_to_the_metadata(value, header)


@settings(max_examples=60)
@given(st.text().filter(lambda text: text.isprintable()))
def test_a_bare_value_in_the_block_is_that_value(value: str) -> None:
    card = render("---\nkey: {{ value }}\nlist: {{ items }}\n---\n", CardData(), {"value": value, "items": [value]})
    assert metadata(card) == {"key": value, "list": [value]}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ value }}\n", "---\nlicense: evil\n---"),
        ("{{ value }}\ntext\n", "---\nlicense: evil\n---"),
        ("---\n{{ value }}\n", "license: evil\n---\n"),
        ("--{{ value }}", "-\nlicense: evil\n---\n"),
        ("{% if true %}{{ value }}{% endif %}", "---\nlicense: evil\n---\n"),
    ],
)
def test_a_value_can_not_make_a_metadata_block(template: str, value: str) -> None:
    with pytest.raises(ValidationError, match="metadata block"):
        render(template, CardData(), {"value": value})


def test_the_metadata_takes_the_line_breaks_of_the_template() -> None:
    card = render("---\r\n{{ card_data }}\r\n---\r\n{{ license }}\r\n", CardData(license="mit", tags=["a"]), {})
    assert card == "---\r\nlicense: mit\r\ntags:\r\n- a\r\n---\r\nmit\r\n"


def test_a_template_with_statements_is_rendered_by_jinja() -> None:
    template = "---\n{{ card_data }}\n---\n{% for tag in tags %}[{{ tag | upper }}]{% endfor %}\n{{ nothing }}\n"
    card = render(template, DATA, {"nothing": None})
    assert metadata(card) == DATA.to_dict()
    assert CardText.cut(card).text == "[KERAS][PYTORCH_MODEL_HUB_MIXIN]\n\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ render.__globals__.keys() }}",
        "{{ tags.append('evil') }}",
        "{{ 'x'.__format__.__self__ | attr('__class__') | attr('mro') }}{{ ''|attr('__class__')|list }}",
        "{% include 'secret' %}",
        "{% for i in range(10000000) %}x{% endfor %}",
        "{% for i in range(100) %}{% for j in range(10000) %}xx{% endfor %}{% endfor %}",
        "{{ 'x' * 2000000 }}",
        "{{ 1 / 0 }}",
        "{% if %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ],
)
def test_a_template_that_reaches_out_or_makes_too_much_is_refused(template: str) -> None:
    tags = ["a"]
    with pytest.raises(ValidationError):
        render(template, CardData(), {"render": render, "tags": tags})
    assert tags == ["a"]


def test_a_template_sees_nothing_behind_an_object() -> None:
    assert render("{% if true %}{{ render.__globals__ }}{% endif %}", CardData(), {"render": render}) == ""


def test_without_jinja_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"Install anyhub\[jinja\]"):
        render("{% if a %}b{% endif %}", CardData(), {})
    assert render(DEFAULT_MODEL_CARD, DATA, VALUES)
    assert render(BLANK_MODEL_CARD, DATA, VALUES)


@pytest.mark.parametrize("value", [",", "a, b", "x}", "]", ": ", "#", "'", '"', "ok"])
def test_quotes_of_the_template_around_a_placeholder_do_no_harm(value: str) -> None:
    for template in ('---\n{license: "{{ value }}", a: 1}\n---\n', "---\nlicense: '{{ value }}'\na: 1\n---\n"):
        card = render(template, CardData(), {"value": value})
        assert block.read(CardText.cut(card).block) == {"license": value, "a": 1}


@pytest.mark.parametrize("template", ['{license: "a {{ value }}"}', 'a: "{{ value }}"{% if 1 %}{% endif %}'])
@pytest.mark.parametrize("value", ['", b: "', '"\nb: "', ","])
def test_a_value_that_would_make_keys_is_refused(template: str, value: str) -> None:
    with pytest.raises(ValidationError):
        render(f"---\n{template}\n---\n", CardData(), {"value": value})
