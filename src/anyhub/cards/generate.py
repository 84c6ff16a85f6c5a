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
from typing import TYPE_CHECKING, TypeAlias

from anyhub.cards.sandbox import render_in_sandbox
from anyhub.cards.sections import sections
from anyhub.cards.text import CardText
from anyhub.errors import ValidationError

if TYPE_CHECKING:
    from anyhub.cards.metadata import CardData

    Spell: TypeAlias = Callable[[object], str]

_TEMPLATES = Path(__file__).with_name("templates")

TEMPLATE_MODELCARD_PATH = _TEMPLATES / "blank_model_card.md"
TEMPLATE_DATASETCARD_PATH = _TEMPLATES / "blank_dataset_card.md"
TEMPLATE_SPACECARD_PATH = _TEMPLATES / "blank_space_card.md"

DEFAULT_MODEL_CARD = _TEMPLATES.joinpath("default_model_card.md").read_text(encoding="utf-8")
"""The template of the card that a model generates of itself."""

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
        values: What else may be named in the template; goes before ``card_data`` unless it is None. Of these, which may
            all be missing, the sections of a model's card are made, see `anyhub.cards.sections`:

            * ``repo_id`` (`str`), ``class_name`` (`str`, qualified), ``class_module`` (`str`);
            * ``framework`` (`str`), such as ``"PyTorch"``, and ``library_name`` (`str`);
            * ``repo_url``, ``paper_url``, ``docs_url`` (`str`);
            * ``config`` (mapping), ``parameters`` (`dict[str, int]`, counts by dtype), ``parameter_count`` (`int`),
              ``environment`` (`dict[str, str]`, versions by name);
            * ``eval_results`` (`list[EvalResult]`), else those of ``card_data``;
            * ``model_summary``, ``model_description`` and ``citation_bibtex`` (`str`), in the author's words.

    Returns:
        `str`: The card. A name that has no value is nothing; within the YAML block a value is one YAML value.

    Raises:
        ValidationError: When a value would begin or end the metadata block, or when Jinja refuses the template, or it
            makes more than 1 MiB.
        MissingDependencyError: When the template has Jinja in it that is more than placeholders, and Jinja is missing.
    """
    cut = CardText.cut(template)
    results = {key: card_data.get(key) for key in ("eval_results", "model_name")}
    given = {**card_data.to_dict(), **results, **{name: value for name, value in values.items() if value is not None}}
    names = {**sections(given), **given, "card_data": _Yaml(card_data.to_yaml(cut.line_break))}
    fill = render_in_sandbox if _STATEMENT.search(_PLACEHOLDER.sub("", template)) else _substitute
    block = fill(f"{cut.opening}{cut.block}{cut.closing}", names, _in_yaml)
    if block != cut.opening + cut.block + cut.closing:
        _check_keys(block, fill(f"{cut.opening}{cut.block}{cut.closing}", _harmless(names), _in_yaml))
    filled = CardText.cut(block)
    if not filled.block.strip():  # as it is when there is no metadata: the block is for what is put into it later
        block = f"{filled.opening}{filled.closing}"
    text = fill(cut.text, names, _in_text)
    card = f"{cut.bom}{block}{text}"
    if CardText.cut(card).text != text:
        raise ValidationError(
            "The card would have a metadata block that its template has not, or another end of it; let the template "
            "itself begin with the line '---', and leave such lines out of the values."
        )
    return card


def _in_text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_in_text, value))
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
