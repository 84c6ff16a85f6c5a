"""How far a checkpoint and a module cover each other, and what is said when they do not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anyhub.errors import CheckpointMismatchError

_MOST_NAMED = 10


class IncompleteCheckpointWarning(UserWarning):
    """A checkpoint lacks tensors of the module that it was loaded into, or has others that the module lacks."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was left over when a checkpoint was loaded into a module.

    Attributes:
        weights (`Path`): The checkpoint.
        model (`str`): The class of the module.
        missing (`tuple[str, ...]`): Tensors of the module that the checkpoint lacks.
        unexpected (`tuple[str, ...]`): Tensors of the checkpoint that the module lacks.
        is_disjoint (`bool`): Whether both have tensors, and the checkpoint none that the module has.
    """

    weights: Path
    model: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    is_disjoint: bool

    def check(self, *, strict: bool) -> None:
        """Refuse a checkpoint that is not of this model.

        Args:
            strict (`bool`): Whether anything that is left over is too much; else only when nothing fits.

        Raises:
            CheckpointMismatchError: When it is not; names what was left over.
        """
        if self.is_disjoint:
            raise CheckpointMismatchError(
                f"{str(self.weights)!r} has no tensor of {self.model}: the file has {listed(self.unexpected)}, the "
                f"model {listed(self.missing)}. Load it into the class that it was saved from."
            )
        if strict and self._findings:
            raise CheckpointMismatchError(
                f"{self._summary} Build the model with the configuration that it was saved with."
            )

    def warn(self, *, stacklevel: int) -> None:
        """Warn of what was left over, once and by name; say nothing when nothing was.

        Args:
            stacklevel (`int`): As in `warnings.warn`, seen from the caller.
        """
        if self._findings:
            warnings.warn(
                f"{self._summary} Build the model with the configuration that it was saved with, or pass strict=True "
                "to refuse such files.",
                IncompleteCheckpointWarning,
                stacklevel=stacklevel + 1,
            )

    @property
    def _summary(self) -> str:
        return f"{str(self.weights)!r} does not fit {self.model}: {' and '.join(self._findings)}."

    @property
    def _findings(self) -> list[str]:
        findings = []
        if self.missing:
            findings.append(f"the file lacks {listed(self.missing)}, left as the model was built with them")
        if self.unexpected:
            findings.append(f"the model lacks {listed(self.unexpected)}, not used")
        return findings


def listed(names: Sequence[str]) -> str:
    """Return names as a part of a sentence: the first ten in alphabetical order, and how many more there are."""
    shown = ", ".join(map(repr, sorted(names)[:_MOST_NAMED]))
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
