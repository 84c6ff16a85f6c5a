"""Saving and loading a checkpoint in a folder, by us and by what a user would pick instead."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.models import filled, layers_for, stack_with, touch_every_page
from benchmarks.tasks.measuring import back_pages, timed
from benchmarks.watch import MIB, growth, private_mebibytes

ONE_FILE = "1TB"
FLOOR = "write, then fsync"
DISK = "reading the files"
_FUNCTION = "_torch_model"


def make(folder: str, gibibytes: float, dtype: str, shard: str | None) -> dict[str, float]:
    """Save a model of that size in a folder, for all to load."""
    _saver("anyhub", gibibytes, dtype, shard)(Path(folder))
    return {}


def save(candidate: str, work: str, gibibytes: float, dtype: str, shard: str | None, watched: bool) -> dict[str, float]:
    """Save a model in a new folder; a save is timed or watched, as watching takes time."""
    place, target = Path(work), Path(work) / "model"
    _saver(candidate, 0.0, dtype, shard)(place / "first")  # the modules are loaded
    run = _saver(candidate, gibibytes, dtype, shard)
    size = round(gibibytes * 2**30)
    back_pages(place / "pages", size)
    if watched:
        figures = {"private": growth(lambda: run(target))}
    else:
        returned = timed(lambda: run(target))
        figures = {"returned": returned, "on the disk": returned + timed(lambda: _sync(target))}
    for made in (target, place / "first"):
        shutil.rmtree(made)
    os.sync()
    return figures


def load(candidate: str, folder: str, layers_of: tuple[float, str], watched: bool) -> dict[str, float]:
    """Load a model twice, the second time with all libraries loaded; or watch one load."""
    run = _loader(candidate, Path(folder), layers_of)
    if watched:
        before = private_mebibytes()
        peak = growth(lambda: touch_every_page(run()))
        return {"peak private": peak, "before": before}
    figures = {}
    for turn in ("first ", ""):
        start = time.perf_counter()
        model = run()
        figures[f"{turn}usable"] = time.perf_counter() - start
        touch_every_page(model)
        figures[f"{turn}touched"] = time.perf_counter() - start
        del model
    return figures


def read(folder: str) -> dict[str, float]:
    """Read all files of a folder, one after the other, and keep nothing."""
    buffer = memoryview(bytearray(8 * MIB))

    def run() -> None:
        for path in sorted(Path(folder).iterdir()):
            with path.open("rb", buffering=0) as stream:
                while stream.readinto(buffer):
                    pass

    seconds = timed(run)
    return {"first usable": seconds, "first touched": seconds}


def _saver(candidate: str, gibibytes: float, dtype: str, shard: str | None) -> Callable[[Path], object]:
    """Return what saves a new model to a folder; sizes below that of one layer are one layer."""
    library, _, function = candidate.partition(" ")
    model = filled(_mixin(library), gibibytes, dtype)
    if candidate == FLOOR:
        return lambda folder: _write_and_sync(model, folder)
    if function:
        save_torch_model = getattr(_module(library), f"save{_FUNCTION}")

        def run(folder: Path) -> None:
            folder.mkdir()  # one of the two asks for it
            save_torch_model(model, folder, max_shard_size=shard or ONE_FILE)

        return run
    options = {"max_shard_size": shard or ONE_FILE} if library == "anyhub" else {}
    return lambda folder: model.save_pretrained(folder, **options)


def _loader(candidate: str, folder: Path, layers_of: tuple[float, str]) -> Callable[[], Any]:
    library, _, way = candidate.partition(" ")
    model_class = stack_with(_mixin(library))
    if way != "load_torch_model":
        options = {"load_mode": way} if way else {}
        return lambda: model_class.from_pretrained(folder, **options)
    load_torch_model = _module(library).load_torch_model

    def run() -> Any:
        model = model_class(layers=layers_for(*layers_of), dtype=layers_of[1])
        load_torch_model(model, folder)
        return model

    return run


def _module(library: str) -> Any:
    if library == "huggingface_hub":
        import huggingface_hub

        return huggingface_hub
    import anyhub

    return anyhub


def _mixin(library: str) -> Any:
    return _module(library).PyTorchModelHubMixin


def _write_and_sync(model: Any, folder: Path) -> None:
    """Write the bytes of a model as one file, and wait until they are on the disk."""
    import torch

    folder.mkdir()
    with (folder / "weights").open("wb", buffering=0) as stream:
        for parameter in model.parameters():
            view = memoryview(parameter.detach().reshape(-1).view(torch.uint8).numpy())
            for start in range(0, len(view), 8 * MIB):
                stream.write(view[start : start + 8 * MIB])
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Wait until a folder and the files in it are on the disk, where whoever saved them did not."""
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
