"""The sections of a model's card that can be made from what is known of the model, as Markdown.

A section that nothing is known of is empty: a card says what is so, and leaves no gaps for somebody to fill in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from anyhub.cards.eval_result import EvalResult

_MAX_ROWS = 40
_MAX_CELL = 80
_LINKS = {"repo_url": "Code", "paper_url": "Paper", "docs_url": "Documentation"}


def sections(values: Mapping[str, object]) -> dict[str, object]:
    """Return the sections of a model's card.

    Args:
        values: What is known, and the metadata of the card; see `anyhub.cards.generate.render`.

    Returns:
        `dict`: ``title``, ``summary_paragraph``, ``description_paragraphs``, ``link_list``, ``how_to_load``,
        ``evaluation_table``, ``configuration_table``, ``environment_table``, ``license_section`` and
        ``citation_section``. Each has an empty line above it and a line break at its end, but for the title.
    """
    repo_id, class_name = _text(values, "repo_id"), _text(values, "class_name")
    return {
        "title": _text(values, "model_name") or _last(repo_id, "/") or _last(class_name, "."),
        "summary_paragraph": _summary(values),
        "description_paragraphs": _paragraph(values, "model_summary") + _paragraph(values, "model_description"),
        "link_list": _links(values),
        "how_to_load": _how_to_load(values),
        "evaluation_table": _evaluation(values.get("eval_results"), _last(repo_id, "/")),
        "configuration_table": _configuration(values.get("config")),
        "environment_table": _environment(values.get("environment")),
        "license_section": _license(values),
        "citation_section": _citation(values),
    }


def _text(values: Mapping[str, object], name: str) -> str:
    """Return a value as one line; nothing when it is missing."""
    return " ".join(str(values.get(name) or "").split())


def _texts(values: Mapping[str, object], name: str) -> list[str]:
    value = values.get(name)
    return [str(each) for each in (value if isinstance(value, list | tuple) else [value]) if each]


def _last(text: str, separator: str) -> str:
    return text.rpartition(separator)[2]


def _summary(values: Mapping[str, object]) -> str:
    """Say in a few sentences what the model is."""
    sentences = [each for each in (_kind(values), _origin(values), _size(values)) if each]
    return f"\n{' '.join(sentences)}\n" if sentences else ""


def _kind(values: Mapping[str, object]) -> str:
    name, framework = _last(_text(values, "class_name"), "."), _text(values, "framework")
    task, library = _text(values, "pipeline_tag").replace("-", " "), _text(values, "library_name")
    if not (name or framework or task or library):
        return ""
    article = "an" if framework[:1] in tuple("AEIOU") else "a"
    words = [f"{_code(name) if name else 'This'} is", article, framework, "model", f"for {task}" if task else ""]
    return f"{' '.join(filter(None, words))}{f' from the {_code(library)} library' if library else ''}."


def _origin(values: Mapping[str, object]) -> str:
    base, data = (_and([_code(each) for each in _texts(values, name)]) for name in ("base_model", "datasets"))
    said = [f"made from {base}" if base else "", f"trained on {data}" if data else ""]
    return f"It was {' and '.join(filter(None, said))}." if any(said) else ""


def _and(items: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def _size(values: Mapping[str, object]) -> str:
    """Say how many parameters there are, and of which types."""
    counts, count = values.get("parameters"), values.get("parameter_count")
    by_type = {str(dtype): number for dtype, number in counts.items()} if isinstance(counts, Mapping) else {}
    if not by_type:
        return f"It has {_parameters(count)}." if isinstance(count, int) else ""
    total = _parameters(sum(by_type.values()))
    if len(by_type) == 1:
        return f"It has {total} in {_code(next(iter(by_type)))}."
    largest_first = sorted(by_type.items(), key=lambda item: -item[1])
    return f"It has {total}: {_and([f'{number:,} in {_code(dtype)}' for dtype, number in largest_first])}."


def _parameters(count: int) -> str:
    return f"{count:,} parameter{'s' if count != 1 else ''}"


def _paragraph(values: Mapping[str, object], name: str) -> str:
    text = str(values.get(name) or "").strip()
    return f"\n{text}\n" if text else ""


def _links(values: Mapping[str, object]) -> str:
    lines = [f"- {word}: {_text(values, name)}\n" for name, word in _LINKS.items() if _text(values, name)]
    return "".join(["\n", *lines]) if lines else ""


def _how_to_load(values: Mapping[str, object]) -> str:
    repo_id, class_name = _text(values, "repo_id"), _text(values, "class_name")
    module = _text(values, "class_module") or "__main__"
    name = _last(class_name, "<locals>.")
    if not repo_id or not all(part.isidentifier() for part in name.split(".")):
        return ""
    if name != class_name or module == "__main__":
        source = f"# {name} is the class that this model was saved from; define or import it first"
    else:
        source = f"from {module} import {name.partition('.')[0]}"
    options = [f", {option}={_json(values[option])}" for option in ("subfolder", "variant") if values.get(option)]
    load = f"model = {name}.from_pretrained({_json(repo_id)}{''.join(options)})"
    return f"\n## How to load it\n\n```python\n{source}\n\n{load}\n```\n"


def _evaluation(results: object, name: str) -> str:
    listed = [results] if isinstance(results, EvalResult) else results
    if not isinstance(listed, list | tuple) or not all(isinstance(each, EvalResult) for each in listed):
        return ""
    own = [_result_row(each) for each in listed if each.model_name in (None, name)]
    return _table("Evaluation", ("Task", "Data set", "Metric", "Value"), own)


def _result_row(result: EvalResult) -> tuple[str, ...]:
    data = [result.dataset_name, *filter(None, (result.dataset_config, result.dataset_split))]
    cells = (
        result.task_name or result.task_type,
        ", ".join(map(str, data)),
        result.metric_name or result.metric_type,
        result.metric_value,
    )
    return tuple(_plain_cell(str(cell)) for cell in cells)


def _configuration(config: object) -> str:
    if not isinstance(config, Mapping):
        return ""
    rows = [(_code(str(key)), _code(_json(value))) for key, value in config.items()]
    return _table("Configuration", ("Name", "Value"), rows, rest="in `config.json`")


def _environment(versions: object) -> str:
    if not isinstance(versions, Mapping):
        return ""
    names = {name: "Python" if name == "python" else str(name) for name in versions}
    rows = [(_plain_cell(names[name]), _plain_cell(str(version))) for name, version in versions.items()]
    return _table("Environment", ("Software", "Version"), rows, intro="What the model was saved with.")


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, intro: str = "", rest: str = "") -> str:
    if not rows:
        return ""
    shown = [head, ["---"] * len(head), *rows[:_MAX_ROWS]]
    if len(rows) > _MAX_ROWS:
        shown.append([*["…"] * (len(head) - 1), f"{len(rows) - _MAX_ROWS} more {rest}".rstrip()])
    lines = "".join(f"| {' | '.join(row)} |\n" for row in shown)
    above = f"{intro}\n\n" if intro else ""
    return f"\n## {title}\n\n{above}{lines}"


def _license(values: Mapping[str, object]) -> str:
    names = _texts(values, "license")
    if not names:
        return ""
    name = _text(values, "license_name") or _and([_plain_cell(each) for each in names])
    link = _text(values, "license_link")
    return f"\n## License\n\n{name}{f': {link}' if link else ''}\n"


def _citation(values: Mapping[str, object]) -> str:
    text = str(values.get("citation_bibtex") or "").strip()
    fence = _fence(text, 3)
    return f"\n## Citation\n\n{fence}bibtex\n{text}\n{fence}\n" if text else ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda other: type(other).__name__)


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


def _plain_cell(text: str) -> str:
    """Spell a text as itself in a cell of a Markdown table: nothing in it is read as Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>|~&#])", r"\\\1", _shortened(text))


def _code(text: str) -> str:
    """Spell a text as code, in a cell of a Markdown table too."""
    short = _shortened(text)
    fence = _fence(short, 1)
    space = " " if "`" in short else ""
    return f"{fence}{space}{short}{space}{fence}".replace("|", "\\|")


def _fence(text: str, least: int) -> str:
    """Return backticks that do not end within a text."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])
