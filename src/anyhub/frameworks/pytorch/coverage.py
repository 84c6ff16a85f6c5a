"""How far a checkpoint and a module cover each other, and what is said when they do not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
    """

    weights: Path
    model: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    def report(self, *, strict: bool, stacklevel: int) -> None:
        """Warn of what was left over, once and by name; say nothing when nothing was.

        Args:
            strict (`bool`): Raise instead.
            stacklevel (`int`): As in `warnings.warn`, seen from the caller.

        Raises:
            RuntimeError: When strict, as `torch.nn.Module.load_state_dict` does.
        """
        if not (self.missing or self.unexpected):
            return
        found = f"{str(self.weights)!r} does not fit {self.model}: {' and '.join(self._findings())}."
        if strict:
            raise RuntimeError(f"{found} Build the model with the configuration that it was saved with.")
        warnings.warn(
            f"{found} Build the model with the configuration that it was saved with, or pass strict=True to refuse "
            "such files.",
            IncompleteCheckpointWarning,
            stacklevel=stacklevel + 1,
        )

    def _findings(self) -> list[str]:
        findings = []
        if self.missing:
            findings.append(f"the file lacks {_names(self.missing)}, left as the model was built with them")
        if self.unexpected:
            findings.append(f"the model lacks {_names(self.unexpected)}, not used")
        return findings


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, sorted(names)[:_MOST_NAMED]))
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
