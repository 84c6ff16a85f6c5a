"""Cards made from templates: what they say, that they always say the same, and that no value can escape."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.cards.eval_result import EvalResult
from anyhub.cards.generate import (
    DEFAULT_MODEL_CARD,
    TEMPLATE_DATASETCARD_PATH,
    TEMPLATE_MODELCARD_PATH,
    TEMPLATE_SPACECARD_PATH,
    render,
)
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.cards.text import CardText
from anyhub.errors import MissingDependencyError, ValidationError

BLANK_MODEL_CARD = TEMPLATE_MODELCARD_PATH.read_text(encoding="utf-8")
BLANK_DATASET_CARD = TEMPLATE_DATASETCARD_PATH.read_text(encoding="utf-8")

DATA = ModelCardData(library_name="keras-nlp", license="mit", tags=["keras", "pytorch_model_hub_mixin"])
VALUES: Mapping[str, object] = {
    "framework": "PyTorch",
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

        `MyModel` is a PyTorch model from the `keras-nlp` library. It has 3,874,564 parameters.

        - Code: https://example.org/my-library
        - Paper: https://example.org/paper
        - Documentation: https://example.org/docs

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

        ## License

        mit
        """
    )


def test_the_default_card_leaves_out_what_is_not_known() -> None:
    card = render(DEFAULT_MODEL_CARD, CardData(tags=["a"]), {"repo_id": "me/it", "repo_url": None})
    assert CardText.cut(card).text == "\n# it\n"


def sections_of(values: Mapping[str, object], data: CardData | None = None) -> str:
    return CardText.cut(render(DEFAULT_MODEL_CARD, data or CardData(), values)).text


@pytest.mark.parametrize(
    ("metadata", "values", "sentence"),
    [
        ({}, {"class_name": "Tiny", "framework": "PyTorch"}, "`Tiny` is a PyTorch model."),
        ({"library_name": "timm"}, {}, "This is a model from the `timm` library."),
        ({}, {"framework": "ONNX"}, "This is an ONNX model."),
        ({"pipeline_tag": "text-classification"}, {}, "This is a model for text classification."),
        ({"base_model": "a/b"}, {}, "It was made from `a/b`."),
        ({"datasets": ["a", "b", "c"]}, {}, "It was trained on `a`, `b` and `c`."),
        ({"base_model": ["a"], "datasets": "b"}, {}, "It was made from `a` and trained on `b`."),
    ],
)
def test_the_first_paragraph_says_what_the_model_is(
    metadata: dict[str, object], values: dict[str, object], sentence: str
) -> None:
    assert sections_of(values, CardData(**metadata)) == f"\n# {values.get('class_name', 'Model card')}\n\n{sentence}\n"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"parameter_count": 1}, "It has 1 parameter."),
        ({"parameters": {"F32": 1234}}, "It has 1,234 parameters in `F32`."),
        (
            {"parameters": {"I64": 3, "BF16": 1000, "F32": 20}, "parameter_count": 7},
            "It has 1,023 parameters: 1,000 in `BF16`, 20 in `F32` and 3 in `I64`.",
        ),
        ({"parameters": {}, "parameter_count": 0}, "It has 0 parameters."),
    ],
)
def test_parameters_are_counted_by_type(values: dict[str, object], sentence: str) -> None:
    assert sections_of(values) == f"\n# Model card\n\n{sentence}\n"


def test_the_environment_is_a_table() -> None:
    text = sections_of({"environment": {"python": "3.11.7", "torch": "2.13.0+cpu"}})
    assert text.endswith(
        "\n## Environment\n\nWhat the model was saved with.\n\n"
        "| Software | Version |\n| --- | --- |\n| Python | 3.11.7 |\n| torch | 2.13.0+cpu |\n"
    )


def result(**values: object) -> EvalResult:
    given: dict[str, Any] = {
        "task_type": "image-classification",
        "dataset_type": "mnist",
        "dataset_name": "MNIST",
        "metric_type": "accuracy",
        "metric_value": 0.97,
    }
    return EvalResult(**given | values)


def test_evaluation_results_are_a_table() -> None:
    results = [
        result(dataset_split="test"),
        result(task_name="Seeing *it*", metric_name="F1|<b>", metric_value="20 ± 1"),
        result(model_name="another"),
    ]
    table = (
        "\n## Evaluation\n\n| Task | Data set | Metric | Value |\n| --- | --- | --- | --- |\n"
        "| image-classification | MNIST, test | accuracy | 0.97 |\n"
        "| Seeing \\*it\\* | MNIST | F1\\|\\<b\\> | 20 ± 1 |\n"
    )
    assert sections_of({"eval_results": results}).endswith(table)
    assert sections_of({}, ModelCardData(model_name="m", eval_results=results)) == f"\n# m\n{table}"
    assert sections_of({"eval_results": None}, ModelCardData(model_name="m", eval_results=results)).endswith(table)
    assert "Evaluation" not in sections_of({"eval_results": ["x"]})


def test_words_of_the_author_license_and_citation_are_there_when_they_are_known() -> None:
    data = CardData(license="other", license_name="Ours", license_link="LICENSE.md")
    values = {"model_summary": "It reads.", "model_description": "Long *words*.\n", "citation_bibtex": "@misc{```}"}
    assert sections_of(values, data) == (
        "\n# Model card\n\nIt reads.\n\nLong *words*.\n\n## License\n\nOurs: LICENSE.md\n"
        "\n## Citation\n\n````bibtex\n@misc{```}\n````\n"
    )


def test_the_blank_card_of_a_data_set_has_a_place_for_everything() -> None:
    card = render(BLANK_DATASET_CARD, CardData(license="mit"), {"repo": "https://example.org/data", "curators": "Us"})
    assert CardText.cut(card).text.startswith("\n# Dataset Card for Dataset Name\n")
    assert "Repository:** https://example.org/data\n" in card
    assert "Curated by:** Us\n" in card
    assert "# Dataset Card for mine\n" in render(BLANK_DATASET_CARD, CardData(pretty_name="mine"), {})


def test_the_blank_card_of_a_space_has_its_title() -> None:
    template = TEMPLATE_SPACECARD_PATH.read_text(encoding="utf-8")
    assert "\n# Digits\n" in render(template, CardData(title="Digits"), {})


NAMES_OF_MODEL_CARDS = """
base_model bias_recommendations bias_risks_limitations citation_apa citation_bibtex cloud_provider
cloud_region co2_emitted compute_infrastructure demo developers direct_use downstream_use funded_by
get_started_code glossary hardware_requirements hardware_type hours_used language license model_card_authors
model_card_contact model_description model_examination model_id model_specs model_summary model_type
more_information out_of_scope_use paper preprocessing repo results results_summary shared_by software
speeds_sizes_times testing_data testing_factors testing_metrics training_data training_regime
"""
NAMES_OF_DATASET_CARDS = """
annotation_process_section bias_recommendations bias_risks_limitations citation_apa citation_bibtex
curation_rationale_section curators data_collection_and_processing_section dataset_card_authors
dataset_card_contact dataset_description dataset_structure dataset_summary demo direct_use funded_by glossary
language license more_information out_of_scope_use paper personal_and_sensitive_information pretty_name repo
shared_by source_data_producers_section who_are_annotators_section
"""


@pytest.mark.parametrize(
    ("template", "names"),
    [(BLANK_MODEL_CARD, NAMES_OF_MODEL_CARDS), (BLANK_DATASET_CARD, NAMES_OF_DATASET_CARDS)],
)
def test_blank_cards_take_every_value_that_people_pass(template: str, names: str) -> None:
    text = CardText.cut(render(template, CardData(), {name: f"<{name}>" for name in names.split()})).text
    assert [name for name in names.split() if f"<{name}>" not in text] == []
    assert "More Information Needed" not in text


def test_a_list_in_the_text_is_written_as_words() -> None:
    assert render("{{ language }}", CardData(language=["en", "de"]), {}) == "en, de"


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
    assert 'model = M.from_pretrained("a\\"); evil(\\"")\n' in card


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
    rows = render(DEFAULT_MODEL_CARD, CardData(), {"config": config}).partition("| --- | --- |\n")[2].splitlines()
    assert rows == [
        r'| `a\|b` | `"x\|y"` |',
        '| `` c` `` | ``` "``" ``` |',
        f'| `long` | `"{"z" * 78}…` |',
        r'| `lines` | `"1\n2"` |',
        '| `obj` | `["object"]` |',
        '| `<b>` | `"<script>"` |',
    ]


def test_a_long_configuration_is_cut_short() -> None:
    card = render(DEFAULT_MODEL_CARD, CardData(), {"config": {f"key_{n}": n for n in range(45)}})
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
