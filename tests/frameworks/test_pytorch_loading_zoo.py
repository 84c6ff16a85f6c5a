"""Loading into a draft gives, bit for bit, what building a module and copying the file into it gives."""

from __future__ import annotations

import copy
import logging
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn
from torch.nn.utils import parametrizations

from anyhub.frameworks.pytorch import load_module, save_module

FAST: dict[str, Callable[[], nn.Module]] = {}
ORDINARY: dict[str, Callable[[], nn.Module]] = {}


def fast(build: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    FAST[build.__name__] = build
    return build


def ordinary(build: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    ORDINARY[build.__name__] = build
    return build


FAST |= {
    "linear": lambda: nn.Linear(7, 5),
    "conv": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ConvTranspose1d(4, 6, 3), nn.Conv3d(2, 2, 1, bias=False)),
    "norms": lambda: nn.Sequential(nn.BatchNorm2d(4), nn.LayerNorm(6), nn.GroupNorm(2, 4), nn.InstanceNorm1d(3, True)),
    "embedding with a padding index": lambda: nn.Sequential(nn.Embedding(9, 4, padding_idx=2), nn.EmbeddingBag(5, 3)),
    "attention": lambda: nn.MultiheadAttention(8, 2, kdim=4, vdim=6, add_bias_kv=True),
    "transformer": lambda: nn.Transformer(8, 2, 2, 2, 16, batch_first=True),
    "lstm": lambda: nn.LSTM(4, 5, num_layers=2, bidirectional=True, proj_size=3),
    "gru": lambda: nn.GRU(4, 5),
    "prelu and bilinear": lambda: nn.Sequential(nn.PReLU(3), nn.Bilinear(2, 3, 4)),
    "weight_norm": lambda: parametrizations.weight_norm(nn.Linear(4, 6)),
    "spectral_norm": lambda: parametrizations.spectral_norm(nn.Linear(5, 6)),
    "lazy": lambda: nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()),
    "channels_last": lambda: nn.Conv2d(4, 8, 3).to(memory_format=torch.channels_last),
    "half precision": lambda: nn.Linear(4, 4).to(torch.bfloat16),
    "double precision": lambda: nn.Linear(4, 4, dtype=torch.float64),
    "no parameters": lambda: nn.Sequential(nn.ReLU(), nn.Flatten()),
    "deep copies": lambda: nn.ModuleList(copy.deepcopy(nn.Linear(3, 3)) for _ in range(3)),
}


@fast
class TiedEmbedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10, bias=False)
        self.head.weight = self.embed.weight


@fast
class TiedBySharingMemory(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(4, 6))
        self.same = nn.Parameter(self.a.data)
        self.rows = nn.Parameter(self.a.data[1:3])


@fast
class Frozen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Linear(3, 3).requires_grad_(False)
        self.head = nn.Linear(3, 2)


@fast
class Buffers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.register_buffer("positions", torch.arange(8).float().sin())
        self.register_buffer("inv_freq", 1.0 / 10000 ** (torch.arange(0, 4, 2).float() / 4), persistent=False)
        self.mask = torch.ones(3, 3).tril()


@fast
class ByHand(nn.Module):
    """Everything that people write to initialise a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.uniform = nn.Parameter(torch.empty(4, 4))
        self.normal = nn.Parameter(torch.empty(4, 4))
        self.truncated = nn.Parameter(torch.empty(40, 40))
        self.orthogonal = nn.Parameter(torch.empty(4, 4))
        self.sparse = nn.Parameter(torch.empty(4, 4))
        self.eye = nn.Parameter(torch.empty(4, 4))
        self.dirac = nn.Parameter(torch.empty(4, 4, 3))
        self.copied = nn.Parameter(torch.empty(4))
        self.indexed = nn.Parameter(torch.empty(4))
        self.drawn = nn.Parameter(torch.randn(3, 4) * 0.02)
        self.seen = nn.Parameter(torch.zeros(3))
        self.lin = nn.Linear(4, 4)
        with torch.no_grad():
            self.uniform.uniform_(-1, 1)
            self.copied.copy_(torch.arange(4.0))
            self.indexed[1:] = 3
            self.indexed[0].fill_(1)
        self.normal.data.normal_().mul_(0.1).add_(1).clamp_(-1, 1)
        self.seen.detach().fill_(1.5)
        nn.init.trunc_normal_(self.truncated, std=0.02)
        nn.init.orthogonal_(self.orthogonal)
        nn.init.sparse_(self.sparse, 0.5)
        nn.init.eye_(self.eye)
        nn.init.dirac_(self.dirac)
        nn.init.xavier_normal_(self.lin.weight)
        nn.init.constant_(self.lin.bias, 0.5)
        nn.init.uniform_(self.lin.bias)
        nn.init.normal_(self.lin.bias)


@fast
class Containers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.list = nn.ParameterList([torch.randn(2), nn.Parameter(torch.empty(3).normal_())])
        self.dict = nn.ParameterDict({"a": torch.zeros(2)})
        self.blocks = nn.ModuleDict({"x": nn.Sequential(nn.Linear(2, 2), nn.ModuleList([nn.Linear(2, 2)]))})


@fast
class SavedStatistic(nn.Module):
    """Computed from an initialised weight, but in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.register_buffer("scale", self.lin.weight.detach().std())


@fast
class HoldsItsParameters(nn.Module):
    """Objects outside of the module's own tables see the loaded values, as they do after copying."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 3)
        self.groups = [[self.lin.weight], {"bias": self.lin.bias}]


class Marked(nn.Parameter):
    pass


@fast
class OfAnotherType(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = Marked(torch.empty(3, 3).normal_())
        self.weight.note = "kept"


@fast
class ChoosesByPython(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 4 if random.random() < 2 else 5)
        self.noise = torch.from_numpy(np.random.rand(3))
        self.pick = random.random()


@ordinary
class UnsavedStatistic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.register_buffer("scale", self.lin.weight.detach().std(), persistent=False)


@ordinary
class StatisticWrittenIntoABuffer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.register_buffer("sums", torch.zeros(2), persistent=False)
        self.sums[1] = self.lin.weight.detach().sum()


@ordinary
class PlainStatistic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.norm = self.lin.weight.detach().norm().item()


@ordinary
class HiddenCopy(nn.Module):
    """A moving average outside of the state, in a list, where only memory can be followed."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.shadow = [copy.deepcopy(self.lin.weight.data)]


@ordinary
class NumpyStatistic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.mean = float(self.lin.weight.detach().numpy().mean())


@ordinary
class UnsavedView(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(6, 3))
        self.register_buffer("first", self.table.data[:2], persistent=False)


@ordinary
class BufferOfZeroedWeights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)
        nn.init.zeros_(self.lin.weight)
        self.register_buffer("ones", self.lin.weight.detach() + 1, persistent=False)


@ordinary
class BranchesByChance(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 4)
        self.twice = bool(torch.rand(1) < 0.5)
        self.extra = nn.Linear(2, 2 + int(torch.randint(0, 1, ())))


@ordinary
class UnsavedNoise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 4)
        self.register_buffer("noise", torch.randn(3), persistent=False)


@ordinary
class UnsavedShuffle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.order = torch.randperm(8)
        self.lin = nn.Linear(3, 4)


@ordinary
class Seeds(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 4)
        torch.manual_seed(3)


@ordinary
class RaisesWithoutValues(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 3)
        if not torch.isfinite(self.lin.weight).all():
            raise ValueError("not finite")


@ordinary
class Swallows(nn.Module):
    """A build that catches everything still is not taken for a sound draft."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 3)
        try:
            self.largest = self.lin.weight.max().item()
        except BaseException:
            self.largest = math.nan


@ordinary
class Unregistered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 3)
        self.hidden = [nn.Parameter(torch.empty(3).normal_())]


@ordinary
class IgnoresWhatIsStored(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3).normal_())
        nn.init.normal_(self.weight)

    def _load_from_state_dict(self, *args: Any) -> None:
        pass


@ordinary
class Entangled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        whole = torch.zeros(10)
        self.a = nn.Parameter(whole[:6])
        self.b = nn.Parameter(whole[4:])


@ordinary
class CallsBack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(3, 3)
        self.values: list[float] = []
        self.lin.weight.data.clone().apply_(lambda value: self.values.append(value) or value)


def old_weight_norm() -> nn.Module:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(nn.Linear(4, 3))


ORDINARY["old weight_norm"] = old_weight_norm
ORDINARY["orthogonal"] = lambda: parametrizations.orthogonal(nn.Linear(5, 5))


def checkpoint_of(build: Callable[[], nn.Module], folder: Path) -> Path:
    """Save a module whose every value differs from what building it gives."""
    torch.manual_seed(1)
    module = build()
    if isinstance(module, nn.Sequential) and isinstance(module[0], nn.LazyLinear):
        module(torch.ones(4, 5))
    with torch.no_grad():
        for value in module.state_dict().values():
            value.copy_(torch.rand(value.shape).to(value.dtype))
    save_module(module, folder)
    return folder / "model.safetensors"


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)
    return make()


def built_and_copied(build: Callable[[], nn.Module], file: Path) -> nn.Module:
    module = build()
    module.load_state_dict(safetensors.torch.load_file(file), strict=False)
    return module.eval()


def values(thing: Any, seen: set[int]) -> Any:
    """Return everything that a module holds, tensors as their bytes and their properties."""
    if isinstance(thing, torch.Tensor):
        data = thing.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        return type(thing), thing.dtype, thing.shape, thing.stride(), thing.requires_grad, data
    if isinstance(thing, nn.Module):
        if id(thing) in seen:
            return "seen"
        seen.add(id(thing))
        return type(thing).__name__, {
            k: values(v, seen) for k, v in vars(thing).items() if not k.startswith("_forward")
        }
    if isinstance(thing, dict):
        if any(isinstance(k, int) for k in thing):  # hooks, under numbers that count up in the process
            return [values(v, seen) for v in thing.values()]
        return {k: values(v, seen) for k, v in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [values(v, seen) for v in thing]
    return thing if isinstance(thing, (bool, int, float, str)) else None


def went_the_ordinary_way(caplog: pytest.LogCaptureFixture) -> bool:
    return any("in the ordinary way" in record.message for record in caplog.records)


@pytest.mark.parametrize("load_mode", ["map", "copy"])
@pytest.mark.parametrize("name", [*FAST, *ORDINARY])
def test_every_kind_of_module_is_loaded_bit_for_bit(
    name: str, load_mode: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    build = {**FAST, **ORDINARY}[name]
    file = checkpoint_of(build, tmp_path)
    expected = seeded(lambda: built_and_copied(build, file))
    caplog.set_level(logging.DEBUG, "anyhub")
    loaded = seeded(lambda: load_module(build, file, load_mode=load_mode))
    assert values(loaded, set()) == values(expected, set())
    assert went_the_ordinary_way(caplog) == (name in ORDINARY)


@pytest.mark.parametrize("name", FAST)
def test_a_draft_leaves_the_generators_of_torch_where_they_were(name: str, tmp_path: Path) -> None:
    file = checkpoint_of(FAST[name], tmp_path)
    before = torch.get_rng_state()
    load_module(FAST[name], file)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ORDINARY)
def test_the_ordinary_way_moves_the_generators_as_building_does(name: str, tmp_path: Path) -> None:
    file = checkpoint_of(ORDINARY[name], tmp_path)
    seeded(ORDINARY[name])
    expected = torch.rand(3), random.random(), np.random.rand()
    seeded(lambda: load_module(ORDINARY[name], file))
    assert torch.equal(torch.rand(3), expected[0])
    assert (random.random(), np.random.rand()) == expected[1:]


@pytest.mark.parametrize("name", [*FAST, *ORDINARY])
def test_what_shares_memory_when_built_shares_it_when_loaded(name: str, tmp_path: Path) -> None:
    build = {**FAST, **ORDINARY}[name]
    file = checkpoint_of(build, tmp_path)
    expected = seeded(lambda: built_and_copied(build, file))
    loaded = seeded(lambda: load_module(build, file))
    for module in (expected, loaded):
        with torch.no_grad():
            for place, parameter in enumerate(module.parameters()):
                parameter[(slice(1),) * parameter.dim()] += place + 1
    assert {k: v.tolist() for k, v in loaded.state_dict().items()} == {
        k: v.tolist() for k, v in expected.state_dict().items()
    }
