"""Cards made from templates, by a substitution that no value can escape from.

A template says ``{{ name }}`` or ``{{ name | default("text", true) }}`` where a value goes. That is all that is needed
to describe a model, so it needs no template engine, and a value is never read as a template. A template that says more
is rendered by Jinja, in its sandbox. Templates come from the author of a model class, never from a repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from anyhub.cards.text import CardText
from anyhub.errors import MissingDependencyError, ValidationError

if TYPE_CHECKING:
    from anyhub.cards.metadata import CardData

    Spell: TypeAlias = Callable[[object], str]

MAX_OUTPUT = 1 << 20
_MAX_ROWS = 40
_MAX_CELL = 80


def _template(name: str) -> str:
    return Path(__file__).with_name("templates").joinpath(name).read_text(encoding="utf-8")


DEFAULT_MODEL_CARD = _template("default_model_card.md")
BLANK_MODEL_CARD = _template("blank_model_card.md")

_PLACEHOLDER = re.compile(
    r"""\{\{\s*(?P<name>[A-Za-z_]\w*)\s*"""
    r"""(?:\|\s*default\(\s*(?:"(?P<double>[^"\\]*)"|'(?P<single>[^'\\]*)')\s*(?P<empty>,\s*[Tt]rue\s*)?\)\s*)?\}\}""",
    re.ASCII,
)
_QUOTED_PLACEHOLDER = re.compile(rf"(?P<quote>[\"']?){_PLACEHOLDER.pattern}(?P=quote)", re.ASCII)
_STATEMENT = re.compile(r"\{[{%#]")
_PLAIN_WORDS = re.compile(r"[A-Za-z][\w./+-]*(?: [\w./+-]+)*", re.ASCII)
_NOT_TEXTS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_ENDS_A_VALUE = re.compile("['\x7f-\x9f\u2028\u2029\ufeff]")  # though JSON leaves it as it is


class _Yaml(str):
    """A text that is YAML already."""

    __slots__ = ()


def render(template: str, card_data: CardData, values: Mapping[str, object]) -> str:
    """Return the card that a template makes of some values; the same input always makes the same text.

    Args:
        template (`str`): A card with placeholders. ``{{ card_data }}`` is the metadata as YAML.
        card_data (`CardData`): The metadata; each key is a value too.
        values: What else may be named in the template; goes before ``card_data``. From ``repo_id``, ``class_name``,
            ``class_module``, ``paper_url``, ``config`` and ``parameter_count`` the values of `sections` are made.

    Returns:
        `str`: The card. A name that has no value is nothing; within the YAML block a value is one YAML value.

    Raises:
        ValidationError: When a value would begin or end the metadata block, or when Jinja refuses the template, or it
            makes more than 1 MiB.
        MissingDependencyError: When the template has Jinja in it that is more than placeholders, and Jinja is missing.
    """
    cut = CardText.cut(template)
    given = {**card_data.to_dict(), **values}
    names = {**sections(given), **given, "card_data": _Yaml(card_data.to_yaml(cut.line_break))}
    fill = _with_jinja if _STATEMENT.search(_PLACEHOLDER.sub("", template)) else _substitute
    block = fill(f"{cut.opening}{cut.block}{cut.closing}", names, _in_yaml)
    if block != cut.opening + cut.block + cut.closing:
        _check_keys(block, fill(f"{cut.opening}{cut.block}{cut.closing}", _harmless(names), _in_yaml))
    text = fill(cut.text, names, _in_text)
    card = f"{cut.bom}{block}{text}"
    if CardText.cut(card).text != text:
        raise ValidationError(
            "The card would have a metadata block that its template has not, or another end of it; let the template "
            "itself begin with the line '---', and leave such lines out of the values."
        )
    return card


def sections(values: Mapping[str, object]) -> dict[str, object]:
    """Return the sections of a model's card that can be made from what is known, as Markdown.

    Args:
        values: ``repo_id``, ``class_name`` (qualified), ``class_module``, ``model_name`` and ``paper_url`` (`str`),
            ``config`` (mapping) and ``parameter_count`` (`int`); any may be missing or None.

    Returns:
        `dict`: ``title``, ``paper_line``, ``parameter_line``, ``how_to_load`` and ``configuration_table``; empty is
        what nothing is known of.
    """
    repo_id, class_name = str(values.get("repo_id") or ""), str(values.get("class_name") or "")
    config, count = values.get("config"), values.get("parameter_count")
    return {
        "title": values.get("model_name") or _last(repo_id, "/") or _last(class_name, ".") or "Model card",
        "paper_line": f"- Paper: {values['paper_url']}\n" if values.get("paper_url") else "",
        "parameter_line": f"- Parameters: {count:,}\n" if isinstance(count, int) else "",
        "how_to_load": _how_to_load(repo_id, class_name, str(values.get("class_module") or "__main__")),
        "configuration_table": _configuration(config) if isinstance(config, Mapping) and config else "",
    }


def _last(text: str, separator: str) -> str:
    return text.rpartition(separator)[2]


def _how_to_load(repo_id: str, class_name: str, module: str) -> str:
    name = _last(class_name, "<locals>.")
    if not repo_id or not all(part.isidentifier() for part in name.split(".")):
        return ""
    if name != class_name or module == "__main__":
        source = f"# {name} is the class that this model was saved from"
    else:
        source = f"from {module} import {name.partition('.')[0]}"
    load = f"model = {name}.from_pretrained({json.dumps(repo_id, ensure_ascii=False)})"
    return f"\n## How to load it\n\n```python\n{source}\n\n{load}\n```\n"


def _configuration(config: Mapping[object, object]) -> str:
    rows = [f"| {_code(str(key))} | {_code(_json(value))} |" for key, value in list(config.items())[:_MAX_ROWS]]
    if len(config) > _MAX_ROWS:
        rows.append(f"| … | {len(config) - _MAX_ROWS} more in `config.json` |")
    return "\n## Configuration\n\n| Name | Value |\n| --- | --- |\n" + "".join(f"{row}\n" for row in rows)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda other: type(other).__name__)


def _code(text: str) -> str:
    """Spell a text as code in a cell of a Markdown table."""
    text = " ".join(text.split())
    short = text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", short)), default=0))
    space = " " if "`" in short else ""
    return f"{fence}{space}{short}{space}{fence}".replace("|", "\\|")


def _in_text(value: object) -> str:
    return "" if value is None else str(value)


def _in_yaml(value: object) -> str:
    """Spell a value so that it is one value wherever it stands in YAML: bare, in quotes, in brackets, in a comment."""
    if value is None or isinstance(value, _Yaml):
        return str(value or "")
    if isinstance(value, str) and _PLAIN_WORDS.fullmatch(value) and value.casefold() not in _NOT_TEXTS:
        return value
    quoted = json.dumps(value, ensure_ascii=False, default=str)
    return _ENDS_A_VALUE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _harmless(names: Mapping[str, object]) -> dict[str, object]:
    """Return the same names with values that nothing can hide in; lists and the like keep their own quotes."""
    return {name: "x" if isinstance(value, str) and type(value) is str else value for name, value in names.items()}


def _check_keys(block: str, harmless: str) -> None:
    """Refuse a metadata block in which a value has made keys, or taken some away.

    Raises:
        ValidationError: When it has, or when the block can not be read.
    """
    from anyhub.cards.block import read

    if not _same_keys(read(CardText.cut(block).block), read(CardText.cut(harmless).block)):
        raise ValidationError(
            "A value would change the keys of the card's metadata; let the template's placeholders stand without "
            "quotes around them, and leave line breaks and brackets out of the values."
        )


def _same_keys(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same_keys(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same_keys, one, other))
    return not isinstance(one, dict | list) and not isinstance(other, dict | list)


def _substitute(template: str, names: Mapping[str, object], spell: Spell) -> str:
    def value_of(placeholder: re.Match[str]) -> str:
        value = names.get(placeholder["name"])
        default = placeholder["double"] or placeholder["single"]
        return spell(default if value is None or (placeholder["empty"] and not value) else value)

    # In YAML a value brings the quotes that it needs; those of the template around it would end at the value's first.
    return (_QUOTED_PLACEHOLDER if spell is _in_yaml else _PLACEHOLDER).sub(value_of, template)


def _with_jinja(template: str, names: Mapping[str, Any], spell: Spell) -> str:
    try:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise MissingDependencyError(
            "Install anyhub[jinja] to render a card template that has more in it than '{{ name }}' and "
            "'{{ name | default(\"text\", true) }}'."
        ) from None
    # A card is Markdown, not HTML: what may stand in it is for the page that shows it to decide.
    environment = ImmutableSandboxedEnvironment(autoescape=False, keep_trailing_newline=True, finalize=spell)
    pieces, size = [], 0
    try:
        for piece in environment.from_string(template).generate(names):
            pieces.append(piece)
            size += len(piece.encode())
            if size > MAX_OUTPUT:
                raise ValidationError(f"The card template makes more than {MAX_OUTPUT:,} bytes; make it shorter.")
    except ValidationError:
        raise
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ValidationError(f"The card template can not be rendered: {error}; mend the template.") from error
    return "".join(pieces)
