"""Saves of a PyTorch model, to be broken in forks of a process that has imported this: see `zygote`."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

import torch  # noqa: E402
from mark import begin  # noqa: E402
from model_ways import NEW_SHARDED, OLD, OWN, REFUSED, WAYS, Saved  # noqa: E402
from torch import nn  # noqa: E402

from anyhub import PyTorchModelHubMixin, files, syscalls  # noqa: E402
from anyhub.errors import HubError  # noqa: E402


class Model(nn.Module, PyTorchModelHubMixin, license="mit"):
    """A model whose arguments say nothing of its weights, so that a mixture shows."""

    def __init__(self, label: str = "") -> None:
        super().__init__()
        self.label = label
        self.layers = nn.ModuleList(nn.Linear(32, 64) for _ in range(12))
        self.head = nn.Linear(32, 64)
        self.head.weight = self.layers[0].weight

    @torch.no_grad()
    def fill(self, generation: int) -> Model:
        """Give the weights values that no other generation has, and no other tensor of the same."""
        for number, parameter in enumerate(self.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).view_as(parameter) + 10_000 * number + generation / 8)
        return self


def prepare(place: str, way: str) -> None:
    """Make the folder ``model`` in a place, as it is before the save."""
    folder, chosen = Path(place, "model"), WAYS[way]
    if chosen.old is not None:
        _save(folder, chosen.old)
    for name in chosen.own:
        (folder / name).write_bytes(OWN[name])


def save(place: str, way: str) -> None:
    """Save, as it is to be broken; what the disk refuses ends the process with `REFUSED`."""
    chosen = WAYS[way]
    folder = Path(place, "model")
    if chosen.in_use:
        os.chdir(folder)
    model = Model(chosen.new.label).fill(chosen.new.generation)
    begin()
    try:
        model.save_pretrained(folder, max_shard_size=chosen.new.shard)
    except (HubError, OSError):
        raise SystemExit(REFUSED) from None


def save_without_sync(place: str, way: str) -> None:
    """Save as one must not: nothing waits for the disk. The sweep is shown that it would be caught."""
    syscalls.flush = lambda fd: None
    save(place, way)


def save_without_syncing_folders(place: str, way: str) -> None:
    """Save as one must not: names may be forgotten. The sweep is shown that it would be caught."""
    files.sync_folder = lambda path: None
    save(place, way)


def save_in_place(place: str, way: str) -> None:
    """Save as one must not: each file over the old one. The sweep is shown that it would be caught."""
    folder, new = Path(place, "model"), Path(place, "new")
    _save(new, WAYS[way].new)
    begin()
    for path in new.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())


def look(place: str) -> dict[str, Any]:
    """Return what a user sees: the model that loads, or why none does, and the folder's content afterwards."""
    folder = Path(place, "model")
    if not folder.exists():
        return {"model": None, "files": {}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = Model.from_pretrained(folder)
    except (HubError, OSError, Warning, ValueError, RuntimeError) as error:
        return {"model": f"{type(error).__name__}: {error}", "files": _content(folder)}
    return {"model": [model.label, _digest(*_tensors(model))], "files": _content(folder)}


def judge(place: str, way: str) -> dict[str, Any]:
    """Return what a user sees, what after the next save, and what of ours that leaves behind."""
    seen = look(place)
    save(place, way)
    left = [str(path.relative_to(place)) for path in Path(place).rglob(".anyhub*")]
    return {"seen": seen, "next": look(place), "left": left}


def _save(folder: Path, saved: Saved) -> None:
    Model(saved.label).fill(saved.generation).save_pretrained(folder, max_shard_size=saved.shard)


def _tensors(model: Model) -> list[bytes]:
    state = model.state_dict()
    return [piece for name in sorted(state) for piece in (name.encode(), state[name].contiguous().numpy().tobytes())]


def _content(folder: Path) -> dict[str, str]:
    return {path.name: _digest(path.read_bytes()) for path in folder.iterdir() if not path.name.startswith(".anyhub-")}


def _digest(*pieces: bytes) -> str:
    return hashlib.sha256(b"".join(pieces)).hexdigest()[:16]


def _warm_up() -> None:
    """Import what is imported when it is needed, so that the faults meet the save and not the interpreter."""
    torch.set_num_threads(1)  # a fork has no other threads
    with tempfile.TemporaryDirectory() as place:
        for saved in (OLD, NEW_SHARDED):
            _save(Path(place, "model"), saved)
            look(place)


_warm_up()
