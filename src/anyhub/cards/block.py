"""The YAML block of a card: read within limits, written so that every reader agrees, changed key by key.

A plain word is read as something else than a text only where YAML 1.1 and YAML 1.2 read it alike: ``no``, ``1e3``,
``0o17`` and ``2024-05-01`` stay the texts that they are, and get quotes when they are written. Sources: YAML 1.2.2
section 10.3.2 "Tag Resolution", and the YAML 1.1 type repository (https://yaml.org/type/).

Untrusted bytes are checked while the parser reports them, before anything is made of them: size, depth, no aliases, no
tags, no key twice. So nothing can be made that is larger than what was written, and no code runs.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from reprlib import repr as short
from typing import Any, NamedTuple, TypeAlias

import yaml

from anyhub.errors import ValidationError

# Cards of embedding models list hundreds of evaluation results: real blocks reach several hundred KiB.
MAX_BYTES = 1 << 20
MAX_DEPTH = 20
MAX_DIGITS = 1000

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?")
# What PyYAML would write without quotes though some reader takes it for a truth value or a number.
_MISREAD = re.compile(
    r"[yYnN]|[-+]?[0-9][0-9_]*|[-+]?0[box][0-9a-fA-F_]+|[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]+)?"
)
_COMMENT = re.compile(r":?([ \t]+#.*?)?[ \t]*\r?\n?")  # behind a value, or behind a key whose value is below it
_ODD_BREAK = re.compile("[\r\x85\u2028\u2029]")
_PARAGRAPHS = re.compile(r"\S(?:.*\S)?(?:\n+.*\S)*\n?")
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")

_Event: TypeAlias = Any  # PyYAML declares neither the marks that every event has, nor which events have a tag
_Mark: TypeAlias = Any


def read(block: str) -> dict[str, Any]:
    """Return what a YAML block says.

    Args:
        block (`str`): The lines between the two ``---``. One that is empty, or all comment, says nothing.

    Returns:
        `dict`: Keys in the order of the block; values are texts, numbers, truth values, None, lists and dicts.

    Raises:
        ValidationError: When it is not YAML, is not a mapping, is larger than 1 MiB or deeper than 20 levels, or has an
            alias, an anchor, a tag, or a key twice; the message names the line.
    """
    return _Reader(block).mapping()


def write(data: Mapping[str, Any]) -> str:
    """Return the YAML block that says ``data``, keys in their order, without escaping what is not ASCII.

    Args:
        data: Texts, numbers, truth values, None, lists and dicts.

    Raises:
        ValidationError: When it would be larger than 1 MiB.
    """
    if not data:
        return ""
    # The emitter in C writes emoji as escapes, and not everybody has it: one emitter, the same bytes everywhere.
    block: str = yaml.dump(dict(data), Dumper=_Writer, allow_unicode=True, sort_keys=False, width=1 << 31)
    _check_size(block)
    return block


def update(block: str, changed: Mapping[str, Any], removed: Collection[str], line_break: str = "\n") -> str:
    r"""Return a YAML block in which some keys say something else; the lines of all others stay, comments included.

    Args:
        block (`str`): The lines between the two ``---``.
        changed: The keys to set. New ones go below all others.
        removed: The keys to leave out.
        line_break (`str`): What ends a new line: ``\n`` or ``\r\n``.

    Raises:
        ValidationError: When the block can not be read, or would be larger than 1 MiB.
    """
    reader = _Reader(block)
    wanted = {key: value for key, value in (reader.mapping() | dict(changed)).items() if key not in removed}
    if not wanted:
        return ""

    def lines(data: Mapping[str, Any], comment: str = "") -> str:
        first, rest = write(data).split("\n", 1) if data else ("", "")
        text = f"{first}{comment}\n{rest}" if data else ""
        return textwrap.indent(text, " " * reader.column).replace("\n", line_break)

    edited = _edited(block, reader.spans, changed, removed, lines)
    return edited if _says(edited, wanted) else write(wanted).replace("\n", line_break)


def _edited(
    block: str,
    spans: Mapping[str, _Span],
    changed: Mapping[str, Any],
    removed: Collection[str],
    lines: Callable[..., str],
) -> str:
    pieces, position = [], 0
    for key, span in spans.items():
        if key in changed or key in removed:
            pieces += [block[position : span.start], lines({key: changed[key]}, span.comment) if key in changed else ""]
            position = span.end
    new = {key: value for key, value in changed.items() if key not in spans}
    return "".join([*pieces, block[position:], lines(new)])


def _says(block: str, data: Mapping[str, Any]) -> bool:
    """Return whether a block reads as ``data``: where a block is laid out in an unusual way, an edit may not."""
    try:
        return repr(read(block)) == repr(data)  # `==` would take 1, 1.0 and True for the same
    except ValidationError:
        return False


class _Writer(yaml.SafeDumper):
    """PyYAML's emitter, without aliases, with quotes around what some reader would misread."""

    def ignore_aliases(self, _: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


_Writer.add_representer(str, _Writer.represent_text)


def _style(text: str) -> str | None:
    """Choose quotes or a literal block where PyYAML's own choice would be misread, or hard to read."""
    if _ODD_BREAK.search(text):
        return '"'  # PyYAML folds these in single quotes, and then readers take a space for them
    if "\n" in text:
        return "|" if _PARAGRAPHS.fullmatch(text) else '"'
    return "'" if _MISREAD.fullmatch(text) else None


class _Span(NamedTuple):
    """Where the lines of a key are, and the comment on the first of them, with the space before it."""

    start: int
    end: int
    comment: str


class _Reader:
    """One pass over the parser's events, which builds the value and notes the lines of each key at the top."""

    def __init__(self, block: str) -> None:
        _check_size(block)
        self.spans: dict[str, _Span] = {}
        self.column = 0  # of the keys at the top
        self._block = block
        self._events = self._parse()
        self._end = 0  # of the last scalar or bracket, so that comments below a value are not part of it

    def _parse(self) -> Iterator[_Event]:
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        try:
            yield from yaml.parse(self._block, Loader=loader)
        except yaml.MarkedYAMLError as error:
            raise _not_yaml(error.problem or "it breaks off", error.problem_mark) from None
        except yaml.YAMLError as error:
            raise _not_yaml(str(error).splitlines()[0], None) from None

    def mapping(self) -> dict[str, Any]:
        """Read the whole block."""
        next(self._events)  # the beginning of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return {}
        event = next(self._events)
        data = self._node(event, 1)
        next(self._events)  # the end of the document
        if not isinstance(extra := next(self._events), yaml.StreamEndEvent):
            raise _not_yaml("a second document begins", extra.start_mark)
        if not isinstance(data, dict):
            raise ValidationError(
                f"The repo card metadata block should be a dict, not a {_kind(data)}; write lines such as "
                "'license: mit' between the two '---'."
            )
        for key in data:
            if not isinstance(key, str):
                raise ValidationError(f"The key {short(key)} of the card's metadata is not a text; put it in quotes.")
        return data

    def _node(self, event: _Event, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _not_yaml("aliases and anchors are not allowed", event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            self._note_end(event)
            return _scalar(event)
        if event.tag:
            raise _not_yaml(f"the tag {short(event.tag)} is not allowed", event.start_mark)
        if depth > MAX_DEPTH:
            raise _not_yaml(f"it is nested more than {MAX_DEPTH} levels deep", event.start_mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)]
        return self._pairs(depth, noting=depth == 1 and not event.flow_style)

    def _until(self, end: type[Any]) -> Iterator[_Event]:
        while not isinstance(event := next(self._events), end):
            yield event
        if event.end_mark.index > event.start_mark.index:  # a bracket; the end of a block takes no place
            self._note_end(event)

    def _note_end(self, event: _Event) -> None:
        self._end = event.end_mark.index

    def _pairs(self, depth: int, *, noting: bool) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _not_yaml("a key is not a plain word", event.start_mark)
            start: _Mark = event.start_mark
            end_of_key = event.end_mark.index  # type: ignore[union-attr]
            key = self._node(event, depth + 1)
            if key in data:
                raise _not_yaml(f"the key {short(key)} is there twice", event.start_mark)
            data[key] = self._node(next(self._events), depth + 1)
            if noting:
                self.column = start.column
                self.spans[key] = self._lines(start, end_of_key)
        return data

    def _lines(self, start: _Mark, end_of_key: int) -> _Span:
        """Return where the lines of a key begin, and where those of its value, which was just read, end."""
        end = self._end
        if self._block[end - 1] != "\n":
            end = self._block.find("\n", end) + 1 or len(self._block)
        first_line = self._block[start.index : self._block.find("\n", start.index) + 1 or len(self._block)]
        ends_there = self._end <= start.index + len(first_line)
        comment = _COMMENT.fullmatch(first_line, (self._end if ends_there else end_of_key) - start.index)
        return _Span(start.index - start.column, end, comment[1] or "" if comment else "")


def _scalar(event: yaml.ScalarEvent) -> Any:
    if event.tag in _TEXT_TAGS or (event.tag is None and event.style):
        return event.value
    if event.tag is not None:
        raise _not_yaml(f"the tag {short(event.tag)} is not allowed", event.start_mark)
    if event.value in _WORDS:
        return _WORDS[event.value]
    if _INTEGER.fullmatch(event.value):
        if len(event.value) > MAX_DIGITS:
            raise _not_yaml(f"it has a number of more than {MAX_DIGITS} digits", event.start_mark)
        return int(event.value, 0)
    return float(event.value) if _FLOAT.fullmatch(event.value) else event.value


def _check_size(block: str) -> None:
    try:
        size = len(block.encode())
    except UnicodeEncodeError as error:
        raise _not_yaml(f"it has half of a surrogate pair, {error.object[error.start]!r}", None) from None
    if size > MAX_BYTES:
        raise ValidationError(
            f"The card's metadata takes {size:,} bytes, more than the {MAX_BYTES:,} that are read; move large values "
            "to a file of their own."
        )


def _not_yaml(reason: str, mark: _Mark) -> ValidationError:
    where = f" (line {mark.line + 1} of the block)" if mark else ""
    return ValidationError(
        f"The card's metadata can not be read: {reason}{where}; mend it, or pass ignore_metadata_errors=True."
    )


def _kind(data: Any) -> str:
    return {list: "list", str: "text", type(None): "null"}.get(type(data), type(data).__name__)
