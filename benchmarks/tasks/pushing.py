"""Pushes to an embedded hub, and what no push can do without."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from benchmarks.tasks.measuring import timed_on_backed_pages
from benchmarks.watch import MIB


def push(hub: str, repo: str, folder: str, gibibytes: float) -> dict[str, float]:
    """Push a new model, and in the same process what no push can do without: writing, syncing and hashing its bytes."""
    import torch

    from anyhub import PyTorchModelHubMixin
    from benchmarks.models import layers_for, stack_with

    model = stack_with(PyTorchModelHubMixin)(layers=layers_for(gibibytes, "float32"))
    model_of_one_layer = stack_with(PyTorchModelHubMixin)(layers=1)
    model_of_one_layer.push_to_hub(f"{repo}-first", endpoint=hub)  # the modules are loaded, and the hub is made
    weights = torch.cat([p.detach().reshape(-1) for p in model.parameters()])
    data = memoryview(weights.numpy()).cast("B")
    target = Path(folder) / "floor"
    works = {
        "write and fsync": lambda: _write(target, data),
        "sha256": lambda: hashlib.sha256(data).digest(),
        "both at once": lambda: _both(target, data),
        "push": lambda: model.push_to_hub(repo, endpoint=hub),
        "push again, unchanged": lambda: model.push_to_hub(repo, endpoint=hub),
    }
    return {name: timed_on_backed_pages(work, target, len(data)) for name, work in works.items()}


def push_stock_way(folder: str, gibibytes: float) -> dict[str, float]:
    """Do what the stock library does before it uploads: save to a temporary folder, then hash the file."""
    from huggingface_hub import PyTorchModelHubMixin

    from benchmarks.models import layers_for, stack_with

    model = stack_with(PyTorchModelHubMixin)(layers=layers_for(gibibytes, "float32"))
    stack_with(PyTorchModelHubMixin)(layers=1).save_pretrained(Path(folder) / "first")
    target = Path(folder) / "stock"

    def save_and_hash() -> None:
        model.save_pretrained(target)
        with (target / "model.safetensors").open("rb") as stream:
            hashlib.file_digest(stream, "sha256")

    size = sum(p.nbytes for p in model.parameters())
    return {"save, then hash": timed_on_backed_pages(save_and_hash, Path(folder) / "floor", size)}


def _write(target: Path, data: memoryview) -> None:
    with target.open("wb", buffering=0) as stream:
        for start in range(0, len(data), 8 * MIB):
            stream.write(data[start : start + 8 * MIB])
        os.fsync(stream.fileno())


def _both(target: Path, data: memoryview) -> None:
    hashing = threading.Thread(target=lambda: hashlib.sha256(data).digest())
    hashing.start()
    _write(target, data)
    hashing.join()
