"""One measured piece of work: run as ``python -m benchmarks.tasks NAME JSON``, prints its figures as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

MIB = 1 << 20


def anonymous_mebibytes() -> float:
    """Return the memory that belongs to this process alone and to no file."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("The kernel does not tell the anonymous memory of a process.")


def _load(mixin: type, source: str, **options: Any) -> dict[str, float]:
    import torch

    from benchmarks.models import stack_with, touch_every_page

    torch.zeros(1).sum().item()
    model_class = stack_with(mixin)
    before = anonymous_mebibytes()
    figures = {}
    for turn in ("first ", ""):
        start = time.perf_counter()
        model = model_class.from_pretrained(source, **options)
        figures[f"{turn}usable"] = time.perf_counter() - start
        touch_every_page(model)
        figures[f"{turn}touched"] = time.perf_counter() - start
        figures.setdefault("private", anonymous_mebibytes() - before)
        del model
    return figures


def load_stock(folder: str) -> dict[str, float]:
    """Load with the stock library from a local folder."""
    from huggingface_hub import PyTorchModelHubMixin

    return _load(PyTorchModelHubMixin, folder)


def load_anyhub(repo: str, hub: str, load_mode: str = "map") -> dict[str, float]:
    """Load with anyhub, by name, from the cache."""
    from anyhub import PyTorchModelHubMixin
    from anyhub.hub.opening import open_hub

    open_hub(hub).resolve  # noqa: B018 - the hub is open, as it is in a process that loads a second model
    return _load(PyTorchModelHubMixin, repo, endpoint=hub, load_mode=load_mode)


def make_model(hub: str, repo: str, folder: str, gibibytes: float, dtype: str) -> dict[str, float]:
    """Push a model of that size and save it in a folder for the stock library."""
    import torch

    from anyhub import PyTorchModelHubMixin
    from benchmarks.models import layers_for, stack_with

    torch.manual_seed(0)
    model = stack_with(PyTorchModelHubMixin)(layers=layers_for(gibibytes, dtype), dtype=dtype)
    model.push_to_hub(repo, endpoint=hub)
    model.save_pretrained(folder)
    return {}


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
    return {name: _timed_on_backed_pages(work, target, len(data)) for name, work in works.items()}


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
    return {"save, then hash": _timed_on_backed_pages(save_and_hash, Path(folder) / "floor", size)}


def _timed_on_backed_pages(work: Any, target: Path, size: int) -> float:
    """Time some work that writes a large file.

    A virtual machine may have given its free memory back to its host, and each page of it then costs a fault at its
    first use. So as much memory as will be written is used and freed first: otherwise whoever runs first pays.
    """
    target.unlink(missing_ok=True)
    piece = bytes(8 * MIB)
    with target.open("wb", buffering=0) as stream:
        for _ in range(0, size + size // 8, len(piece)):
            stream.write(piece)
    os.sync()
    target.unlink()
    seconds = _timed(work)
    target.unlink(missing_ok=True)
    os.sync()
    return seconds


def repository(hub: str) -> dict[str, float]:
    """Commit to and list a repository of 50,000 files."""
    from anyhub import LocalHub
    from anyhub.values import AddFile

    opened = LocalHub(hub)
    repo = opened.repo_id(f"bench/files-{os.getpid()}")
    opened.create(repo)

    def add(folder: str, count: int, size: int = 1400) -> None:
        changes = [
            AddFile(f"{folder}{index // 100}/{index}.txt", (b"%s %d " % (folder.encode(), index)).ljust(size, b"x"))
            for index in range(count)
        ]
        figures[f"{count} files ({folder})"] = _timed(lambda: opened.commit(repo, changes, message=folder))

    figures: dict[str, float] = {}
    add("new", 1_000)
    add("bulk", 50_000)
    add("one", 1)
    add("more", 1_000)
    head = opened.resolve(repo).oid
    figures["list with sizes"] = _timed(lambda: list(opened.tree(repo, head)))
    figures["read 1,000 files"] = _timed(lambda: _read_some(opened, repo, head))
    opened.delete(repo)
    return figures


def _read_some(opened: Any, repo: Any, head: str) -> None:
    for entry in opened.find(repo, head, [f"bulk{index // 100}/{index}.txt" for index in range(1000)]):
        opened.open(repo, entry).read()


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


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


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))))
