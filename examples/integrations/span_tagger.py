"""A tagger that finds names of people and places in sentences: a library with hooks of its own.

The shape is that of GLiNER (https://github.com/urchade/GLiNER): a `PyTorchModelHubMixin` whose checkpoint has more in
it than weights, so that it says itself how to write and read one. What is more here is the vocabulary, on which the
shape of the weights depends.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from anyhub import PyTorchModelHubMixin, snapshot_download

WEIGHTS = "model.safetensors"
VOCABULARY = "vocabulary.json"
Span = tuple[int, int, str]
"""The first and the last word of a name, and its label."""


class SpanTagger(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="span-tagger",
    pipeline_tag="token-classification",
    repo_url="https://example.org/span-tagger",
    language="en",
    license="apache-2.0",
    tags=["named-entity-recognition"],
):
    """Gives each span of a few words a score for each label, by its first, its last and the neighbouring words."""

    def __init__(self, labels: list[str], hidden_size: int = 24, max_width: int = 2) -> None:
        super().__init__()
        self.labels = labels
        self.hidden_size = hidden_size
        self.max_width = max_width
        self.scorer = nn.Sequential(nn.Linear(4 * hidden_size, 32), nn.ReLU(), nn.Linear(32, len(labels)))
        self.use_vocabulary([])

    def use_vocabulary(self, words: list[str]) -> None:
        """Know these words from now on; number 0 stands for all others and number 1 for the edge of a sentence."""
        self.words = words
        self._numbers = {word: number for number, word in enumerate(words, start=2)}
        self.embedding = nn.Embedding(len(words) + 2, self.hidden_size)

    def forward(self, words: list[str]) -> tuple[list[tuple[int, int]], Tensor]:
        """Return the spans of a sentence, and scores of shape (span, label)."""
        numbers = [1, *(self._numbers.get(word.lower(), 0) for word in words), 1]
        spans = [
            (first, last)
            for first in range(len(words))
            for last in range(first, min(first + self.max_width, len(words)))
        ]
        seen = torch.tensor([[numbers[i] for i in (first, first + 1, last + 1, last + 2)] for first, last in spans])
        return spans, self.scorer(self.embedding(seen).flatten(1))

    @torch.no_grad()
    def tag(self, sentence: str, threshold: float = 0.5) -> list[Span]:
        """Return the spans of a sentence that are names, with their labels."""
        spans, scores = self(sentence.split())
        found = (scores.sigmoid() > threshold).nonzero().tolist()
        return [(*spans[span], self.labels[label]) for span, label in found]

    def _save_pretrained(self, save_directory: Path) -> None:
        save_file(self.state_dict(), save_directory / WEIGHTS)
        (save_directory / VOCABULARY).write_text(json.dumps(self.words), encoding="utf-8")

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        map_location: str = "cpu",
        strict: bool = True,
        **model_kwargs: Any,
    ) -> Self:
        folder = Path(model_id)
        if not folder.is_dir():
            downloaded = snapshot_download(
                model_id,
                revision=revision,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
                token=token,
                allow_patterns=[WEIGHTS, VOCABULARY],
            )
            folder = Path(downloaded)
        tagger = cls(**model_kwargs)
        tagger.use_vocabulary(json.loads((folder / VOCABULARY).read_text(encoding="utf-8")))
        tagger.load_state_dict(load_file(folder / WEIGHTS, device=map_location), strict=strict)
        return tagger.to(map_location).eval()


PEOPLE = ("ada", "alan", "grace", "emmy noether", "marie curie")
PLACES = ("paris", "london", "new york", "göttingen")
UNSEEN = "today Emmy Noether came to New York"


def sentences() -> Iterator[tuple[list[str], list[Span]]]:
    """Yield sentences as words, with the names in each."""
    for person in PEOPLE:
        for place in PLACES:
            for text in (f"yesterday {person} came to {place}", f"in {place} lives {person} today"):
                words = text.split()
                names = ((person, "person"), (place, "place"))
                yield words, [_span(words, name.split(), label) for name, label in names]


def _span(words: list[str], name: list[str], label: str) -> Span:
    first = words.index(name[0])
    return first, first + len(name) - 1, label


def trained() -> SpanTagger:
    """Return a tagger that has learned from the sentences."""
    torch.manual_seed(0)
    tagger = SpanTagger(labels=["person", "place"])
    tagger.use_vocabulary(sorted({word for words, _ in sentences() for word in words}))
    optimizer = torch.optim.Adam(tagger.parameters(), lr=1e-2)
    for _ in range(10):
        for words, names in sentences():
            spans, scores = tagger(words)
            target = torch.zeros_like(scores)
            for first, last, label in names:
                target[spans.index((first, last)), tagger.labels.index(label)] = 1
            loss = nn.functional.binary_cross_entropy_with_logits(scores, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return tagger.eval()


def predictions(tagger: SpanTagger) -> Tensor:
    """Return the scores of a sentence that a tagger has not learned from, of shape (span, label)."""
    scores: Tensor = tagger(UNSEEN.split())[1].detach()
    return scores


def main(folder: Path = Path(__file__).parents[2] / "build/span_tagger") -> None:
    tagger = trained()
    tagger.save_pretrained(folder)
    print(sorted(path.name for path in folder.iterdir()))
    print(tagger.tag(UNSEEN))
    again = SpanTagger.from_pretrained(folder)
    print("Finds the same when loaded:", torch.allclose(predictions(again), predictions(tagger)))


if __name__ == "__main__":
    main()
