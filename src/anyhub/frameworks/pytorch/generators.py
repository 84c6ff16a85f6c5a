"""The states of the random number generators that building a module may draw from."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def _cuda_states() -> tuple[Tensor, ...]:
    in_use = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return tuple(torch.cuda.get_rng_state_all()) if in_use else ()


@dataclass(frozen=True, slots=True)
class Generators:
    """A state of every generator of this process: torch's, one for each GPU that is in use, Python's and NumPy's."""

    cpu: Tensor
    cuda: tuple[Tensor, ...]
    python: Any
    numpy: Any

    @classmethod
    def now(cls) -> Generators:
        """Return the present state."""
        numpy = sys.modules.get("numpy.random")  # importing it takes as long as loading a model
        return cls(torch.get_rng_state(), _cuda_states(), random.getstate(), numpy and numpy.get_state())

    def restore_torch(self) -> None:
        """Put torch's generators back into this state."""
        torch.set_rng_state(self.cpu)
        if self.cuda:
            torch.cuda.set_rng_state_all(self.cuda)

    def restore(self) -> None:
        """Put all generators back into this state."""
        self.restore_torch()
        random.setstate(self.python)
        if self.numpy is not None:
            sys.modules["numpy.random"].set_state(self.numpy)

    def is_torch_at_same_state(self) -> bool:
        """Return whether nobody has drawn from torch's generators since."""
        before, now = (self.cpu, *self.cuda), (torch.get_rng_state(), *_cuda_states())
        return len(before) == len(now) and all(map(torch.equal, before, now))
