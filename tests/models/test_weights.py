"""The weights of a module: in one file or in shards, of any variant, in a folder or on a hub, safetensors first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from anyhub.api import HfApi, hf_hub_download  # noqa: E402
from anyhub.errors import (  # noqa: E402
    CheckpointMismatchError,
    CorruptFileError,
    EntryNotFoundError,
    LocalEntryNotFoundError,
    UnsafeFileError,
)
from anyhub.hub.local import LocalHub  # noqa: E402
from anyhub.models.pytorch import PyTorchModelHubMixin  # noqa: E402

REPO = "username/net"
INDEX = "model.safetensors.index.json"


class Net(nn.Module, PyTorchModelHubMixin):
    def __init__(self, size: int = 4) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(size, size) for _ in range(4))


def same(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def weights_in(folder: Path) -> list[str]:
    return [name for name in names_in(folder) if name.startswith(("model", "pytorch"))]


def pickled(model: nn.Module, folder: Path, *, sharded: bool = False, infix: str = "") -> Path:
    """Write a model as `torch.save` does, in one file or in two with an index."""
    model.save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    state = model.state_dict()
    if not sharded:
        torch.save(state, folder / f"pytorch_model{infix}.bin")
        return folder
    names = sorted(state)
    weight_map = {}
    for number, part in enumerate((names[:3], names[3:]), start=1):
        file = f"pytorch_model{infix}-0000{number}-of-00002.bin"
        torch.save({name: state[name] for name in part}, folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": 320}, "weight_map": weight_map}
    (folder / f"pytorch_model.bin.index{infix}.json").write_text(json.dumps(index))
    return folder


def as_safetensors(model: Net, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


def as_shards(model: Net, folder: Path) -> Path:
    model.save_pretrained(folder, max_shard_size=100)
    assert len(weights_in(folder)) > 2
    return folder


WRITERS = {
    "one file": as_safetensors,
    "shards": as_shards,
    "a pickle": pickled,
    "pickled shards": lambda model, folder: pickled(model, folder, sharded=True),
}


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest) -> Callable[[Net, Path], Path]:
    return WRITERS[request.param]


def uploaded(folder: Path, **options: Any) -> str:
    HfApi().create_repo(REPO, exist_ok=True)
    HfApi().upload_folder(repo_id=REPO, folder_path=folder, **options)
    return REPO


def test_weights_load_from_a_folder_and_from_the_hub_alike(tmp_path: Path, write: Any) -> None:
    model = Net()
    folder = write(model, tmp_path / "model")
    assert same(Net.from_pretrained(folder, strict=True), model)
    assert same(Net.from_pretrained(uploaded(folder), strict=True), model)
    assert not Net.from_pretrained(REPO).training


def test_weights_in_the_cache_load_offline(tmp_path: Path, write: Any) -> None:
    model = Net()
    uploaded(write(model, tmp_path / "model"))
    Net.from_pretrained(REPO)
    assert same(Net.from_pretrained(REPO, local_files_only=True, strict=True), model)


def test_weights_load_from_a_subfolder(tmp_path: Path, write: Any) -> None:
    model = Net()
    folder = write(model, tmp_path / "model")
    assert same(Net.from_pretrained(tmp_path, subfolder="model", strict=True), model)
    uploaded(folder, path_in_repo="deep/er")
    assert same(Net.from_pretrained(REPO, subfolder="deep/er/", strict=True), model)


def test_weights_are_pushed_to_a_subfolder_and_loaded_from_there() -> None:
    model = Net(2)
    model.push_to_hub(REPO, subfolder="ema", max_shard_size=30)
    assert same(Net.from_pretrained(REPO, subfolder="ema", strict=True), model)
    with pytest.raises(EntryNotFoundError, match=r"'model\.safetensors'"):
        Net.from_pretrained(REPO)


def test_safetensors_come_before_pickles_and_one_file_before_shards(tmp_path: Path) -> None:
    single, sharded, old = Net(), Net(), Net()
    pickled(old, tmp_path)
    state = sharded.state_dict()
    sharded.save_pretrained(tmp_path / "sharded", max_shard_size=100)
    for path in (tmp_path / "sharded").glob("model*"):
        path.rename(tmp_path / path.name)
    assert same(Net.from_pretrained(tmp_path, strict=True), sharded)
    single.save_pretrained(tmp_path / "single")
    (tmp_path / "single/model.safetensors").rename(tmp_path / "model.safetensors")
    assert same(Net.from_pretrained(tmp_path, strict=True), single)
    assert state.keys() == single.state_dict().keys()


@pytest.mark.parametrize("damage", ["file", "index", "shard", "no shard"])
def test_a_damaged_or_incomplete_safe_checkpoint_is_not_passed_over_for_a_pickle(tmp_path: Path, damage: str) -> None:
    pickled(Net(), tmp_path)
    if damage == "file":
        (tmp_path / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    else:
        Net().save_pretrained(tmp_path / "sharded", max_shard_size=100)
        for path in (tmp_path / "sharded").glob("model*"):
            path.rename(tmp_path / path.name)
    shard = tmp_path / "model-00002-of-00004.safetensors"
    if damage == "index":
        (tmp_path / INDEX).write_text("{")
    elif damage == "shard":
        shard.write_bytes(b"\x08\0\0\0\0\0\0\0{")
    elif damage == "no shard":
        shard.unlink()
    for place in (tmp_path, uploaded(tmp_path)):
        with pytest.raises((CorruptFileError, EntryNotFoundError), match="model"):
            Net.from_pretrained(place)


def test_a_pickle_in_the_cache_is_not_loaded_while_there_may_be_safetensors(tmp_path: Path) -> None:
    folder = pickled(Net(), tmp_path)
    Net().save_pretrained(tmp_path / "safe")
    (tmp_path / "safe/model.safetensors").rename(tmp_path / "model.safetensors")
    uploaded(folder)
    for name in ("pytorch_model.bin", "config.json"):
        hf_hub_download(REPO, name)
    with pytest.raises(LocalEntryNotFoundError, match=r"'model\.safetensors' .* is not in the cache"):
        Net.from_pretrained(REPO, local_files_only=True)


def test_a_pickle_of_more_than_tensors_is_refused(tmp_path: Path) -> None:
    folder = pickled(Net(), tmp_path)
    torch.save({"layers.0.weight": print}, folder / "pytorch_model.bin")
    with pytest.raises(UnsafeFileError, match=r"pytorch_model\.bin"):
        Net.from_pretrained(folder)


# -- shards


def test_a_model_below_the_limit_is_one_file(tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path)
    assert weights_in(tmp_path) == ["model.safetensors"]


def test_a_model_is_spread_over_files_of_the_size_that_is_asked_for(tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path, max_shard_size="0.2KB")
    shards = [name for name in weights_in(tmp_path) if name != INDEX]
    assert shards == [f"model-0000{number}-of-0000{len(shards)}.safetensors" for number in range(1, len(shards) + 1)]
    assert {*json.loads((tmp_path / INDEX).read_text())["weight_map"].values()} == {*shards}


def test_shards_are_pushed_as_one_commit() -> None:
    model = Net()
    model.push_to_hub(REPO, max_shard_size=100)
    assert same(Net.from_pretrained(REPO, strict=True), model)
    assert len(HfApi().list_repo_commits(REPO)) == 2


def test_each_save_replaces_exactly_the_files_of_the_one_before(tmp_path: Path) -> None:
    others = ["model-lora-of-me.safetensors", "model-1-of-2.safetensors", "adapter.safetensors", "model.gguf"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    beside = {*others, "README.md", "anyhub.json", "config.json"}
    Net().save_pretrained(tmp_path, max_shard_size=100)
    assert {*names_in(tmp_path)} - beside == {INDEX, *(f"model-0000{n}-of-00004.safetensors" for n in range(1, 5))}
    Net().save_pretrained(tmp_path, max_shard_size=200)
    assert {*names_in(tmp_path)} - beside == {INDEX, *(f"model-0000{n}-of-00002.safetensors" for n in range(1, 3))}
    Net().save_pretrained(tmp_path)
    assert {*names_in(tmp_path)} - beside == {"model.safetensors"}
    assert beside <= {*names_in(tmp_path)}


def test_each_push_replaces_exactly_the_files_of_the_one_before(tmp_path: Path) -> None:
    api = HfApi()
    Net().push_to_hub(REPO, max_shard_size=100)
    api.upload_file(path_or_fileobj=b"mine", path_in_repo="model-lora-of-me.safetensors", repo_id=REPO)
    Net().push_to_hub(REPO)
    kept = [path for path in api.list_repo_files(REPO) if path.startswith("model")]
    assert kept == ["model-lora-of-me.safetensors", "model.safetensors"]


class Naming(LocalHub):
    """Notes which files it is asked for one by one."""

    asked: list[str]

    def entry(self, repo: Any, commit: str, path: str) -> Any:
        self.asked.append(path)
        return super().entry(repo, commit, path)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Naming]:
    hub = Naming(tmp_path / "hub")
    hub.asked = []
    return hub


def test_shards_are_fetched_together(hub: Naming) -> None:
    model = Net()
    model.push_to_hub(REPO, max_shard_size=100, endpoint=hub)
    assert same(Net.from_pretrained(REPO, endpoint=hub, strict=True), model)
    assert hub.asked == ["config.json", "anyhub.json", "model.safetensors", INDEX]
    hub.asked = []
    assert same(Net.from_pretrained(REPO, endpoint=hub, strict=True), model)
    assert hub.asked == []


class Counting(LocalHub):
    """Notes whose bytes it is asked for."""

    given: list[str]

    def local_path(self, repo: Any, entry: Any) -> Any:
        path = super().local_path(repo, entry)
        self.given += [] if path is None else [entry.path]
        return path

    def open(self, repo: Any, entry: Any) -> Any:
        self.given.append(entry.path)
        return super().open(repo, entry)


def test_shards_that_are_asked_for_again_are_fetched_once(tmp_path: Path) -> None:
    hub = Counting(tmp_path / "hub")
    hub.given = []
    Net().push_to_hub(REPO, max_shard_size=100, endpoint=hub)
    Net.from_pretrained(REPO, endpoint=hub)
    hub.given = []
    Net.from_pretrained(REPO, endpoint=hub, force_download=True)
    shards = [f"model-0000{number}-of-00004.safetensors" for number in range(1, 5)]
    assert sorted(hub.given) == ["anyhub.json", "config.json", *shards, INDEX]


def test_a_shard_that_is_lacking_offline_is_named(tmp_path: Path) -> None:
    Net().push_to_hub(REPO, max_shard_size=100)
    for name in ("config.json", INDEX, "model-00001-of-00004.safetensors"):
        hf_hub_download(REPO, name)
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(REPO, "model.safetensors")
    with pytest.raises(LocalEntryNotFoundError, match=r"'model-00002-of-00004\.safetensors'"):
        Net.from_pretrained(REPO, local_files_only=True)


# -- variants


def test_a_variant_has_files_of_its_own_beside_the_plain_ones(tmp_path: Path) -> None:
    plain, half = Net(), Net().half()
    plain.save_pretrained(tmp_path)
    half.save_pretrained(tmp_path, variant="fp16", max_shard_size=100)
    assert "model.safetensors.index.fp16.json" in weights_in(tmp_path)
    assert same(Net.from_pretrained(tmp_path, strict=True), plain)
    assert same(Net.from_pretrained(tmp_path, strict=True, variant="fp16"), half)
    half.save_pretrained(tmp_path, variant="fp16")
    assert weights_in(tmp_path) == ["model.fp16.safetensors", "model.safetensors"]
    assert same(Net.from_pretrained(tmp_path, strict=True, variant="fp16"), half)
    plain.save_pretrained(tmp_path)
    assert weights_in(tmp_path) == ["model.fp16.safetensors", "model.safetensors"]


def test_a_variant_is_pushed_beside_the_plain_weights() -> None:
    plain, half = Net(), Net().half()
    plain.push_to_hub(REPO)
    half.push_to_hub(REPO, variant="fp16")
    assert same(Net.from_pretrained(REPO, strict=True), plain)
    assert same(Net.from_pretrained(REPO, strict=True, variant="fp16"), half)


def test_a_variant_that_is_saved_and_pushed_at_once_leaves_the_plain_weights(tmp_path: Path) -> None:
    Net().push_to_hub(REPO)
    Net().half().save_pretrained(tmp_path / "net", push_to_hub=True, repo_id=REPO, variant="fp16")
    weights = [path for path in HfApi().list_repo_files(REPO) if path.startswith("model")]
    assert weights == ["model.fp16.safetensors", "model.safetensors"]


@pytest.mark.parametrize("sharded", [False, True])
def test_a_variant_may_be_a_pickle(tmp_path: Path, sharded: bool) -> None:
    model = Net()
    folder = pickled(model, tmp_path, sharded=sharded, infix=".fp16")
    assert same(Net.from_pretrained(folder, variant="fp16", strict=True), model)


def test_a_variant_that_is_not_there_is_named(tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path)
    with pytest.raises(EntryNotFoundError, match=r"has no 'model\.fp16\.safetensors'.* Did you mean 'model\.safet"):
        Net.from_pretrained(tmp_path, variant="fp16")


# -- nothing half-loaded


def test_a_checkpoint_of_another_shape_is_refused_by_name(tmp_path: Path) -> None:
    Net(4).save_pretrained(tmp_path)
    with pytest.raises(CheckpointMismatchError, match=r"layers\.0\."):
        Net.from_pretrained(tmp_path, size=5)
