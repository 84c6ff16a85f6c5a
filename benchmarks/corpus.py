"""Cards like those that people write: the same ones for everybody who parses them."""

from __future__ import annotations

import random
from collections.abc import Iterator

_LICENSES = ("apache-2.0", "mit", "cc-by-nc-4.0", "llama3.2", "openrail", "other")
_TASKS = ("text-generation", "image-classification", "text-classification", "automatic-speech-recognition")
_LIBRARIES = ("transformers", "diffusers", "timm", "sentence-transformers", "peft")
_LANGUAGES = ("en", "de", "fr", "zh", "ja", "multilingual", '"no"')
_METRICS = ("accuracy", "f1", "wer", "bleu", "perplexity")
_PHRASES = (
    "This model was trained with a batch size of 32",
    "on eight devices",
    "and evaluated on held-out data;",
    "it has limitations and biases;",
    "see `code`, **bold** and [a link](https://example.org)",
    "und ist größer als sein Vorbild",
    "模型",
)


def cards(count: int) -> Iterator[str]:
    """Give cards, the same each time."""
    chance = random.Random(0)
    for number in range(count):
        newline = "\r\n" if chance.random() < 0.05 else "\n"
        yield newline.join(["---", *_metadata(chance, number), "---", "", *_text(chance, number)])


def _metadata(chance: random.Random, number: int) -> Iterator[str]:
    if chance.random() < 0.3:
        yield "# For reference on model card metadata, see the spec"
    yield "language:"
    yield from (f"- {language}" for language in chance.sample(_LANGUAGES, chance.randint(1, 4)))
    yield f"license: {chance.choice(_LICENSES)}"
    yield f"library_name: {chance.choice(_LIBRARIES)}"
    yield f"pipeline_tag: {chance.choice(_TASKS)}"
    yield f"tags: [{', '.join(f'tag-{chance.randint(0, 99)}' for _ in range(chance.randint(0, 8)))}]"
    yield "datasets:"
    yield from (f"- somebody/data-{chance.randint(0, 999)}" for _ in range(chance.randint(1, 5)))
    yield f"base_model: somebody/base-{number % 100}"
    if chance.random() < 0.5:
        yield "widget:"
        yield from (f'- text: "Example {each}: \\"quoted\\""' for each in range(chance.randint(1, 4)))
    if chance.random() < 0.4:
        yield from _model_index(chance, number)


def _model_index(chance: random.Random, number: int) -> Iterator[str]:
    yield "model-index:"
    yield f"- name: model-{number}"
    yield "  results:"
    for _ in range(chance.randint(1, 12)):
        yield f"  - task: {{type: {chance.choice(_TASKS)}}}"
        yield "    dataset:"
        yield "      name: A data set"
        yield f"      type: data-{chance.randint(0, 99)}"
        yield "      split: test"
        yield "    metrics:"
        for metric in chance.sample(_METRICS, chance.randint(1, 3)):
            yield f"    - type: {metric}"
            yield f"      value: {chance.random():.4f}"


def _text(chance: random.Random, number: int) -> Iterator[str]:
    yield f"# Model {number}"
    for _ in range(chance.randint(3, 60)):
        yield ""
        yield " ".join(chance.choices(_PHRASES, k=chance.randint(3, 16)))
