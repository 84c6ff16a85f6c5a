"""The checkpoints that are saved and loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.options import Options


@dataclass(frozen=True)
class Case:
    """A checkpoint of a size, a dtype, and files of at most so many bytes."""

    gibibytes: float
    dtype: str
    shard: str | None

    def __str__(self) -> str:
        return f"{self.gibibytes:g} GiB of {self.dtype}, " + (f"shards of {self.shard}" if self.shard else "one file")

    @property
    def stock(self) -> str:
        """What a user would pick: the mixin of the stock library, which has no shards, else its functions."""
        return "huggingface_hub" if self.shard is None else "huggingface_hub {}_torch_model"


def cases(options: Options) -> Iterator[Case]:
    """Give each case that is asked for."""
    for gibibytes in (0.125,) if options.quick else options.gibibytes:
        for dtype in ("float32", "bfloat16"):
            for shard in (None, "40MB" if options.quick else "1GB"):
                yield Case(gibibytes, dtype, shard)
