"""How much memory saving and loading a model take, seen from outside of torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("torch")
if sys.platform != "linux":
    pytest.skip("the peak of a process is asked for in /proc", allow_module_level=True)

MIB = 2**20
LAYER = 16 * MIB
WEIGHTS = 8 * LAYER

# Prints, by operation, by how many bytes the peak of the process's memory was above what it had before.
CHILD = """
import json, sys
from pathlib import Path
import torch
from torch import nn
from anyhub import PyTorchModelHubMixin

class Net(nn.Module, PyTorchModelHubMixin):
    def __init__(self, layers: int = 8):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(2048, 2048, bias=False) for _ in range(layers))
        self.tied = nn.Linear(2048, 2048, bias=False)
        self.tied.weight = self.layers[0].weight
        self.register_buffer("steps", torch.arange(4), persistent=False)
        self.seen = []
        self.seen.append("built")

def bytes_of(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

def peak_of(operation):
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak until now
    before = bytes_of("VmRSS")
    result = operation()
    return bytes_of("VmHWM") - before, result

folder, peaks = Path(sys.argv[1]), {}
Net(1).save_pretrained(folder / "small")
Net.from_pretrained(folder / "small")  # so that all is imported
model = Net()
peaks["save"], _ = peak_of(lambda: model.save_pretrained(folder / "full"))
peaks["save in shards"], _ = peak_of(lambda: model.save_pretrained(folder / "shards", max_shard_size="40MB"))
for layer in model.layers:
    layer.weight = nn.Parameter(layer.weight.detach().t())
model.tied.weight = model.layers[0].weight
peaks["save what is not in order"], _ = peak_of(lambda: model.save_pretrained(folder / "turned"))
model.bfloat16().save_pretrained(folder / "half")
for name in ("full", "shards", "half"):
    peaks["load " + name], loaded = peak_of(lambda: Net.from_pretrained(folder / name, strict=True))
    assert loaded.tied.weight is loaded.layers[0].weight
    assert loaded.steps.tolist() == [0, 1, 2, 3] and loaded.seen == ["built"]
    assert loaded.tied.weight.dtype == (torch.bfloat16 if name == "half" else torch.float32)
    del loaded
print(json.dumps(peaks))
"""


@pytest.fixture(scope="module")
def peaks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder = tmp_path_factory.mktemp("memory")
    done = subprocess.run([sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measured: dict[str, int] = json.loads(done.stdout)
    return measured


@pytest.mark.parametrize("operation", ["load full", "load shards", "load half"])
def test_loading_takes_no_memory_for_weights_not_even_for_a_moment(peaks: dict[str, int], operation: str) -> None:
    assert peaks[operation] < LAYER


@pytest.mark.parametrize("operation", ["save", "save in shards"])
def test_saving_takes_no_memory_for_weights(peaks: dict[str, int], operation: str) -> None:
    assert peaks[operation] < LAYER


def test_saving_what_is_not_in_order_takes_the_memory_of_one_tensor_at_a_time(peaks: dict[str, int]) -> None:
    assert peaks["save what is not in order"] < 4 * LAYER < WEIGHTS
