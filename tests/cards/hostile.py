"""YAML blocks that somebody may put into a card to do harm, and a child process that reads them all under a limit.

Run as a script it reads each block and prints, one JSON line for each, its name and what the refusal said.
"""

from __future__ import annotations

import itertools
import json
import sys


def _bomb(width: int, depth: int) -> str:
    names = "abcdefghijklmnopqrstuvwxyz"[:depth]
    lines = [f"{names[0]}: &{names[0]} [{', '.join(['x'] * width)}]\n"]
    for old, new in itertools.pairwise(names):
        lines.append(f"{new}: &{new} [{', '.join([f'*{old}'] * width)}]\n")
    return "".join(lines)


MEBIBYTE = 1 << 20
TAGS = {
    "a python object": "!!python/object/apply:os.system ['true']",
    "a python object with a new": "!!python/object/new:os.system ['true']",
    "a python name": "!!python/name:os.system ''",
    "a python module": "!!python/module:os ''",
    "a python tuple": "!!python/tuple [1, 2]",
    "a python number": "!!python/long 1",
    "python bytes": "!!python/bytes aGk=",
    "a full tag": "!<tag:yaml.org,2002:python/object/apply:os.system> ['true']",
    "a binary": "!!binary aGk=",
    "a set": "!!set {x, y}",
    "an ordered mapping": "!!omap [x: 1]",
    "pairs": "!!pairs [x: 1]",
    "a timestamp": "!!timestamp 2024-05-01",
    "a number as a tag": "!!int '1'",
    "a float as a tag": "!!float '1'",
    "a truth value as a tag": "!!bool 'yes'",
    "a null as a tag": "!!null ''",
    "a merge as a tag": "!!merge <<",
    "a private tag": "!secret word",
    "a tag of another handle": "!e!tag word",
    "a mapping as a tag": "!!map {x: 1}",
    "a sequence as a tag": "!!seq [x]",
}
HOSTILE: dict[str, str] = {
    "an alias bomb": _bomb(2, 20),
    "a wide alias bomb": _bomb(100, 8),
    "an alias to itself": "a: &a [*a]\n",
    "an alias to its mapping": "a: &a {b: *a}\n",
    "an alias to nothing": "a: *b\n",
    "an anchor on a word": "a: &x word\n",
    "an anchor on a key": "&x a: word\n",
    "an anchor on everything": "&x\na: 1\n",
    "100,000 anchors": "".join(f"a{n}: &a{n} x\n" for n in range(50_000)),
    "a merge key": "a: &a {x: 1}\nb:\n  <<: *a\n",
    "a merge of a list": "a: &a {x: 1}\n<<: [*a, *a]\n",
    "100,000 brackets": "a: " + "[" * 100_000,
    "100,000 brackets that close": "a: " + "[" * 100_000 + "]" * 100_000,
    "100,000 braces": "a: " + "{a: " * 100_000,
    "100,000 dashes": "a:\n" + "- " * 100_000,
    "100,000 question marks": "? " * 100_000,
    "1,400 levels by indent": "".join(f"{' ' * n}a:\n" for n in range(1_400)),
    "21 levels": "a: " + "[" * 20 + "]" * 20,
    "a key twice": "license: mit\nlicense: other\n",
    "a key twice, deep down": "a:\n- b: {c: 1, d: 2, c: 3}\n",
    "a key twice, in quotes": "a: 1\n'a': 2\n",
    "a long key twice": f"{'k' * 100_000}: 1\n" * 2,
    "a null key": "~: 1\n",
    "a number as a key": "2024: a\n",
    "a truth value as a key": "true: a\n",
    "a list as a key": "[a, b]: 1\n",
    "a mapping as a key": "{a: b}: 1\n",
    "a list": "- a\n- b\n",
    "a sentence": "Hello world\n",
    "a number": "42\n",
    "a null": "~\n",
    "10 MiB": "a: " + "x" * (10 * MEBIBYTE),
    "one byte too many": "a: " + "x" * (MEBIBYTE - 2),
    "1 MiB in wide letters": "a: " + "模" * (MEBIBYTE // 3 + 1),
    "a number of 100,000 digits": "a: " + "9" * 100_000,
    "a hexadecimal number of 100,000 digits": "a: 0x" + "f" * 100_000,
    "a negative number of 100,000 digits": "a: -" + "9" * 100_000,
    "two documents": "a: 1\n--- b\n",
    "a document that ends": "a: 1\n...\nb: 2\n",
    "a directive": "%YAML 1.1\n--- \na: 1\n--- x\n",
    "a directive for tags": "%TAG ! tag:yaml.org,2002:python/\n--- \na: !name:os.system ''\n",
    "a future version": "%YAML 9.9\n--- \na: 1\n--- x\n",
    "a bracket that never closes": "a: [1, 2\n",
    "a brace that never closes": "a: {b: 1\n",
    "a quote that never closes": "a: 'b\n",
    "a double quote that never closes": 'a: "b\n',
    "an escape that is none": 'a: "\\q"\n',
    "an escape that breaks off": 'a: "\\u12"\n',
    "an escape out of range": 'a: "\\UFFFFFFFF"\n',
    "a tab as an indent": "a:\n\t- b\n",
    "a tab before a key": "\ta: 1\n",
    "a colon too many": "a: b: c\n",
    "an indent that fits nothing": "a:\n    b: 1\n  c: 2\n",
    "a list in a mapping's place": "a: 1\n- b\n",
    "a nul": "a: \x00\n",
    "a bell": "a: \x07\n",
    "an escape character": "a: \x1b[31m\n",
    "a delete": "a: \x7f\n",
    "half of a surrogate pair": "a: \ud800\n",
    "the other half": "\udfff: a\n",
    "an at sign": "a: @b\n",
    "a grave accent": "a: `b`\n",
    "a percent sign": "a: %b\n",
    "a comma": "a: , b\n",
    "a literal with a wrong indent": "a: |99\n  x\n",
    "1 MiB of opening brackets": "a: " + "[" * (MEBIBYTE - 10),
    "1 MiB of ampersands": "a: " + "&" * (MEBIBYTE - 10),
    "1 MiB of exclamation marks": "a: " + "!" * (MEBIBYTE - 10),
    "1 MiB of quotes": "a: " + "'" * (MEBIBYTE - 11),
    "1 MiB of colons": "a: " + ": " * (MEBIBYTE // 2 - 10),
    "1 MiB of one key": "a: 1\n" * (MEBIBYTE // 5),
    **{f"{name} as a value": f"a: {text}\n" for name, text in TAGS.items()},
}


def _limit_this_process(memory: int, seconds: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _refusal(text: str) -> str | None:
    from anyhub.errors import ValidationError
    from anyhub.repocard import ModelCard

    try:
        ModelCard(f"---\n{text}\n---\n" if not text.endswith("\n") else f"---\n{text}---\n")
    except ValidationError as error:
        return str(error)
    return None


if __name__ == "__main__":
    _limit_this_process(memory=512 << 20, seconds=len(HOSTILE))
    for name, text in HOSTILE.items():
        print(json.dumps([name, _refusal(text)]))
    harmful = {"antigravity", "this", "ctypes"} & set(sys.modules)
    print(json.dumps(["imported", sorted(harmful)]))
