from __future__ import annotations

import json
import logging
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from anyhub import folders
from anyhub.errors import UnsupportedError, ValidationError
from anyhub.formats.safetensors import read_header
from anyhub.formats.shards import read_index
from anyhub.frameworks.pytorch import (
    load_module,
    load_torch_model,
    save_torch_model,
    save_torch_state_dict,
    state_dicts,
)
from anyhub.frameworks.pytorch.dtypes import NAMES

INDEX = "model.safetensors.index.json"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stored(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of all files of a folder, as the library reads them."""
    return {name: t for path in folder.glob("*.safetensors") for name, t in safetensors.torch.load_file(path).items()}


def notes(folder: Path, name: str = "model.safetensors") -> dict[str, str]:
    return read_header(folder / name).metadata


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(4, 4, bias=False)
        self.b = nn.Linear(4, 4, bias=False)
        self.b.weight = self.a.weight


def state() -> dict[str, Tensor]:
    return {f"layer_{number}": torch.full((10,), float(number)) for number in range(3)}


def test_a_small_state_is_one_file_that_the_library_reads(tmp_path: Path) -> None:
    save_torch_state_dict(state(), tmp_path / "new/folder")
    assert names(tmp_path / "new/folder") == ["model.safetensors"]
    loaded = stored(tmp_path / "new/folder")
    assert loaded.keys() == state().keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state().items())
    assert notes(tmp_path / "new/folder") == {"format": "pt"}


def test_a_large_state_is_shards_and_an_index(tmp_path: Path) -> None:
    save_torch_state_dict(state(), tmp_path, max_shard_size=50)
    shards = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    assert names(tmp_path) == [*shards, INDEX]
    assert json.loads((tmp_path / INDEX).read_bytes()) == {
        "metadata": {"total_size": 120},
        "weight_map": dict(zip(state(), shards, strict=True)),
    }
    assert all(notes(tmp_path, shard) == {"format": "pt"} for shard in shards)
    assert stored(tmp_path).keys() == state().keys()


def test_the_names_of_files_follow_the_pattern(tmp_path: Path) -> None:
    save_torch_state_dict(state(), tmp_path, filename_pattern="unet{suffix}.fp16.safetensors", max_shard_size="0.1KB")
    assert names(tmp_path) == [
        "unet-00001-of-00002.fp16.safetensors",
        "unet-00002-of-00002.fp16.safetensors",
        "unet.fp16.safetensors.index.json",
    ]


@pytest.mark.parametrize(
    "pattern", ["../model{suffix}.safetensors", "a/b{suffix}", "a\\b{suffix}", "{x}", "/m{suffix}"]
)
def test_a_pattern_that_names_no_file_of_the_folder_is_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is not a pattern"):
        save_torch_state_dict(state(), tmp_path / "saved", filename_pattern=pattern)
    assert names(tmp_path) == []


def test_saving_a_model_is_saving_its_state_with_the_same_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(state_dicts, "save_torch_state_dict", lambda **arguments: calls.append(arguments))
    model = nn.Linear(2, 2)
    given = {
        "filename_pattern": "my-pattern{suffix}.safetensors",
        "force_contiguous": True,
        "max_shard_size": "3GB",
        "metadata": {"foo": "bar"},
        "safe_serialization": True,
        "is_main_process": True,
        "shared_tensors_to_discard": None,
    }
    save_torch_model(model, tmp_path, **given)  # type: ignore[arg-type]
    (call,) = calls
    assert call.pop("state_dict").keys() == model.state_dict().keys()
    assert call == {**given, "save_directory": tmp_path}


def test_the_state_and_the_metadata_of_the_caller_stay_as_they_are(tmp_path: Path) -> None:
    tensors = Tied().state_dict()
    metadata = {"mine": "1"}
    before = {name: (id(tensor), tensor.data_ptr()) for name, tensor in tensors.items()}
    save_torch_state_dict(tensors, tmp_path, metadata=metadata)
    assert {name: (id(tensor), tensor.data_ptr()) for name, tensor in tensors.items()} == before
    assert metadata == {"mine": "1"}


def test_of_tied_weights_the_first_name_is_stored_and_the_other_is_noted(tmp_path: Path) -> None:
    save_torch_model(Tied(), tmp_path)
    assert stored(tmp_path).keys() == {"a.weight"}
    assert notes(tmp_path) == {"format": "pt", "b.weight": "a.weight"}


def test_of_tied_weights_those_to_discard_are_not_stored(tmp_path: Path) -> None:
    save_torch_model(Tied(), tmp_path, shared_tensors_to_discard=["a.weight"])
    assert stored(tmp_path).keys() == {"b.weight"}
    assert notes(tmp_path) == {"format": "pt", "a.weight": "b.weight"}


@pytest.mark.parametrize("limit", ["5GB", 10])
def test_tied_weights_load_strictly_into_a_model_that_ties_them(limit: int | str, tmp_path: Path) -> None:
    saved, loaded = Tied(), Tied()
    save_torch_model(saved, tmp_path, max_shard_size=limit)
    found = load_torch_model(loaded, tmp_path, strict=True)
    assert (found.missing_keys, found.unexpected_keys) == ([], [])
    assert torch.equal(loaded.b.weight, saved.a.weight)


def test_what_was_tied_is_noted_in_the_index_of_shards(tmp_path: Path) -> None:
    save_torch_state_dict({**Tied().state_dict(), "c": torch.zeros(16)}, tmp_path, max_shard_size=64)
    index = read_index(tmp_path / INDEX)
    assert index.metadata == {"total_size": 128, "b.weight": "a.weight"}
    assert index.weight_map.keys() == {"a.weight", "c"}


def test_a_view_that_shares_memory_with_no_other_is_stored_as_it_looks(tmp_path: Path) -> None:
    whole = torch.arange(100.0)
    save_torch_state_dict({"part": whole[10:12]}, tmp_path)
    assert stored(tmp_path)["part"].tolist() == [10, 11]
    assert (tmp_path / "model.safetensors").stat().st_size < 200


def test_views_are_stored_beside_what_they_are_views_of(tmp_path: Path) -> None:
    whole = torch.arange(6.0).reshape(2, 3)
    save_torch_state_dict({"whole": whole, "row": whole[1], "turned": whole.t()}, tmp_path)
    loaded = stored(tmp_path)
    assert loaded["row"].tolist() == [3, 4, 5]
    assert torch.equal(loaded["turned"], whole.t())
    assert notes(tmp_path) == {"format": "pt"}


def test_tensors_that_overlap_without_one_that_covers_them_are_stored_each_on_its_own(tmp_path: Path) -> None:
    flat = torch.arange(10.0)
    save_torch_state_dict({"a": flat[:6], "b": flat[4:]}, tmp_path)
    assert stored(tmp_path)["b"].tolist() == [4, 5, 6, 7, 8, 9]


def test_the_total_size_is_that_of_what_is_stored_and_not_of_the_memory_behind_it(tmp_path: Path) -> None:
    whole = torch.zeros(1000)
    save_torch_state_dict({"a": whole[:5], "b": whole[5:10], "c": torch.zeros(5)}, tmp_path, max_shard_size=20)
    assert read_index(tmp_path / INDEX).metadata == {"total_size": 60}


def test_metadata_is_kept_in_one_file_and_in_shards(tmp_path: Path) -> None:
    save_torch_state_dict(state(), tmp_path / "one", metadata={"step": "3"})
    assert notes(tmp_path / "one") == {"format": "pt", "step": "3"}
    save_torch_state_dict(state(), tmp_path / "many", metadata={"step": "3"}, max_shard_size=1)
    assert read_index(tmp_path / "many" / INDEX).metadata == {"total_size": 120, "step": "3"}


@pytest.mark.parametrize("metadata", [{"step": 3}, {3: "step"}, {"a": None}])
def test_metadata_that_is_no_text_is_refused_by_name(metadata: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=rf"The metadata {next(iter(metadata))!r} is not a text"):
        save_torch_state_dict(state(), tmp_path / "saved", metadata=metadata)
    assert names(tmp_path) == []


def test_a_state_without_tensors_makes_a_sound_empty_file(tmp_path: Path) -> None:
    save_torch_model(nn.ReLU(), tmp_path)
    assert names(tmp_path) == ["model.safetensors"]
    assert safetensors.torch.load_file(tmp_path / "model.safetensors") == {}
    assert load_torch_model(nn.ReLU(), tmp_path, strict=True).missing_keys == []


@pytest.mark.parametrize("limit", ["5GB", 1])
def test_values_that_are_texts_are_kept_in_the_metadata(limit: int | str, tmp_path: Path) -> None:
    save_torch_state_dict({"w": torch.zeros(2), "w.quant": "nf4", "v": torch.zeros(2)}, tmp_path, max_shard_size=limit)
    assert stored(tmp_path).keys() == {"w", "v"}
    first = min(tmp_path.glob("*.safetensors"))
    assert notes(tmp_path, first.name)["w.quant"] == '"nf4"'


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="3 can not be the name of a tensor"):
        save_torch_state_dict({3: torch.zeros(2)}, tmp_path)  # type: ignore[dict-item]


def test_a_text_called_like_a_key_of_the_metadata_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="'format', which has a meaning"):
        save_torch_state_dict({"format": "nf4", "w": torch.zeros(2)}, tmp_path)


@pytest.mark.parametrize("dtype", NAMES, ids=str)
def test_every_dtype_is_stored_bit_by_bit(dtype: torch.dtype, tmp_path: Path) -> None:
    tensor = torch.arange(32, dtype=torch.uint8)
    tensor = (tensor % 2 if dtype == torch.bool else tensor * 7).view(dtype).reshape(-1, 2)
    save_torch_state_dict({"x": tensor, "turned": tensor.t(), "y": tensor.clone()}, tmp_path, max_shard_size=32)
    loaded = stored(tmp_path)["y"]
    assert loaded.dtype == dtype
    assert loaded.view(torch.uint8).tolist() == tensor.view(torch.uint8).tolist()


def test_tensors_that_are_not_in_order_are_written_in_order_or_refused_by_name(tmp_path: Path) -> None:
    turned = torch.arange(6.0).reshape(2, 3).t()
    save_torch_state_dict({"w": turned}, tmp_path)
    assert torch.equal(stored(tmp_path)["w"], turned)
    before = contents(tmp_path)
    with pytest.raises(ValidationError, match=r"elements of 'w' are not in order.*force_contiguous=True"):
        save_torch_state_dict({"v": torch.zeros(2), "w": turned}, tmp_path, force_contiguous=False)
    assert contents(tmp_path) == before


def test_only_one_tensor_at_a_time_is_put_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    contiguous = Tensor.contiguous

    def count(tensor: Tensor, *arguments: Any, **options: Any) -> Tensor:
        made.append(len(list(tmp_path.rglob("*.safetensors"))))
        return contiguous(tensor, *arguments, **options)

    monkeypatch.setattr(Tensor, "contiguous", count)
    tensors = {name: torch.zeros(300, 400).t() for name in "abc"}
    save_torch_state_dict(tensors, tmp_path / "saved", max_shard_size=1)
    assert made == [1, 2, 3]  # each in its turn, when the file that it belongs to is there


def test_exactly_the_files_of_the_previous_checkpoint_are_replaced(tmp_path: Path) -> None:
    theirs = [
        "model-lora-of-me.safetensors",
        "model-00001-of-00002.safetensors.bak",
        "model-1-of-2.safetensors",
        "xmodel.safetensors",
        "model.safetensors.index.json.txt",
        "model.fp16.safetensors",
        "modelXsafetensors",
        "adapter.safetensors",
        "config.json",
        "pytorch_model.fp16.bin",
    ]
    for name in theirs:
        (tmp_path / name).write_text(name)
    save_torch_state_dict(state(), tmp_path, max_shard_size=50)
    assert len(names(tmp_path)) == len(theirs) + 4
    save_torch_state_dict(state(), tmp_path)
    assert names(tmp_path) == sorted([*theirs, "model.safetensors"])
    save_torch_state_dict(state(), tmp_path, max_shard_size=100)
    assert "model.safetensors" not in names(tmp_path)
    assert all((tmp_path / name).read_text() == name for name in theirs)


def test_an_old_checkpoint_stays_when_something_can_not_be_saved(tmp_path: Path) -> None:
    save_torch_state_dict(state(), tmp_path, max_shard_size=50)
    before = contents(tmp_path)
    with pytest.raises(UnsupportedError, match="'w' can not be saved"):
        save_torch_state_dict({"w": torch.zeros(2, device="meta")}, tmp_path)
    assert contents(tmp_path) == before


ON_A_FULL_DISK = """
import resource, signal, sys
import torch
from pathlib import Path
from anyhub.errors import DiskFullError
from anyhub.frameworks.pytorch import save_torch_state_dict

folder, safe = Path(sys.argv[1]), sys.argv[2] == "safe"
small = {"a": torch.zeros(10), "b": torch.ones(10)}
save_torch_state_dict(small, folder, safe_serialization=safe)
before = {path.name: path.read_bytes() for path in folder.iterdir()}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    save_torch_state_dict({**small, "c": torch.zeros(100_000)}, folder, max_shard_size=60, safe_serialization=safe)
except DiskFullError as error:
    assert str(folder) in str(error) and ".anyhub-" not in str(error), error
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(folder.parent.iterdir()) == [folder]
    print("refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("kind", ["safe", "pickle"])
def test_an_old_checkpoint_stays_when_the_disk_is_full(kind: str, tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path / "saved"), kind]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("refused\n", 0), done.stderr


def test_a_process_that_is_not_the_main_one_writes_nothing(tmp_path: Path) -> None:
    for safe in (True, False):
        save_torch_state_dict(state(), tmp_path / "new", is_main_process=False, safe_serialization=safe)
    (tmp_path / "model.safetensors").write_text("old")
    save_torch_state_dict(state(), tmp_path, is_main_process=False, max_shard_size=1)
    assert names(tmp_path) == ["model.safetensors"]
    with pytest.raises(UnsupportedError):
        save_torch_state_dict({"w": torch.zeros(2, device="meta")}, tmp_path, is_main_process=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
@pytest.mark.parametrize("safe", [True, False])
def test_the_mode_of_every_file_follows_the_umask(safe: bool, tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        save_torch_state_dict(state(), tmp_path / "saved", max_shard_size=50, safe_serialization=safe)
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "saved").iterdir()} == {0o644}


def test_the_logger_is_that_of_the_module(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="anyhub.frameworks"):
        save_torch_state_dict(state(), tmp_path)
    assert [record.name for record in caplog.records] == ["anyhub.frameworks.pytorch.state_dicts"]
    assert "3 tensors, 120 bytes, were saved" in caplog.text


def test_a_pickle_is_written_with_a_warning_that_says_why_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_torch_state_dict(state(), tmp_path, safe_serialization=False)
    assert names(tmp_path) == ["pytorch_model.bin"]
    loaded = torch.load(tmp_path / "pytorch_model.bin", weights_only=True)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state().items())
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert re.search(r"can run any code.*safetensors", warning.getMessage())


def test_pickles_are_sharded_with_an_index_and_keep_what_is_tied_and_what_is_no_tensor(tmp_path: Path) -> None:
    tensors = {**Tied().state_dict(), "c": torch.zeros(16), "quant": "nf4"}
    save_torch_state_dict(tensors, tmp_path, safe_serialization=False, max_shard_size=64, metadata={"mine": "1"})
    shards = [f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    assert names(tmp_path) == [*shards, "pytorch_model.bin.index.json"]
    index = read_index(tmp_path / "pytorch_model.bin.index.json", extension=".bin")
    assert index.metadata == {"total_size": 128, "mine": "1"}
    first, second = (torch.load(tmp_path / shard, weights_only=True) for shard in shards)
    assert (first.keys(), second.keys()) == ({"a.weight", "b.weight", "quant"}, {"c"})
    assert first["a.weight"].data_ptr() == first["b.weight"].data_ptr()
    assert first["quant"] == "nf4"


def test_an_empty_state_makes_a_pickle_too(tmp_path: Path) -> None:
    save_torch_model(nn.ReLU(), tmp_path, safe_serialization=False)
    assert torch.load(tmp_path / "pytorch_model.bin", weights_only=True) == {}


def test_another_checkpoint_may_be_saved_beside_one_of_another_pattern(tmp_path: Path) -> None:
    save_torch_state_dict(state(), tmp_path)
    save_torch_state_dict(state(), tmp_path, filename_pattern="ema{suffix}.bin", safe_serialization=False)
    save_torch_state_dict(state(), tmp_path, filename_pattern="ema{suffix}.safetensors")
    pickled = "pytorch_model{suffix}.bin"  # named, it is like any other
    save_torch_state_dict(state(), tmp_path, filename_pattern=pickled, safe_serialization=False)
    assert names(tmp_path) == ["ema.bin", "ema.safetensors", "model.safetensors", "pytorch_model.bin"]


@pytest.mark.parametrize("size", ["5GB", 50])
@pytest.mark.parametrize("safe", [True, False])
def test_a_checkpoint_of_either_form_replaces_one_of_the_other(safe: bool, size: Any, tmp_path: Path) -> None:
    save_torch_state_dict({}, tmp_path / "alone", safe_serialization=safe)
    save_torch_state_dict(state(), tmp_path / "saved", safe_serialization=not safe, max_shard_size=size)
    save_torch_state_dict({}, tmp_path / "saved", safe_serialization=safe)
    assert names(tmp_path / "saved") == names(tmp_path / "alone")


def test_a_model_that_was_saved_last_is_the_one_that_is_loaded_whatever_its_form(tmp_path: Path) -> None:
    old, new, loaded = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
    save_torch_model(old, tmp_path)
    save_torch_model(new, tmp_path, safe_serialization=False)
    with pytest.raises(ValidationError, match=r"pass safe=False to load 'pytorch_model\.bin'"):
        load_torch_model(loaded, tmp_path)
    load_torch_model(loaded, tmp_path, safe=False)
    assert torch.equal(loaded.weight, new.weight)


def test_a_module_and_tensors_by_name_are_told_which_function_is_theirs(tmp_path: Path) -> None:
    module: Any = nn.Linear(2, 2)
    state_dict: Any = module.state_dict()
    with pytest.raises(ValidationError, match=r"not a OrderedDict; use save_torch_state_dict"):
        save_torch_model(state_dict, tmp_path)
    with pytest.raises(ValidationError, match=r"not a Linear; use save_torch_model"):
        save_torch_state_dict(module, tmp_path)
    with pytest.raises(ValidationError, match=r"not a dict; use load_state_dict_from_file"):
        load_torch_model({}, tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "kind"), [(np.ones(3), "numpy.ndarray"), ({"w": torch.ones(1)}, "torch.Tensor")], ids=["array", "nested"]
)
def test_a_value_that_is_no_tensor_is_named_with_what_to_make_of_it(value: Any, kind: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=rf"'a' can not be saved: it has a {kind}; .* convert arrays to tensors"):
        save_torch_state_dict({"a": value}, tmp_path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_module_that_torch_has_packed_is_to_be_saved_before(tmp_path: Path) -> None:
    if torch.backends.quantized.engine == "none":
        pytest.skip("this build of torch quantises nothing")
    packed = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(2, 2)), {nn.Linear}, dtype=torch.qint8)
    with pytest.raises(
        UnsupportedError, match=r"_packed_params' can not be saved: .*save the model before it is quant"
    ):
        save_torch_model(packed, tmp_path)


def test_a_folder_may_be_given_as_a_text(tmp_path: Path) -> None:
    save_torch_state_dict(state(), str(tmp_path / "saved"))
    module = nn.Module()
    for name in state():
        module.register_buffer(name, torch.zeros(10))
    loaded = load_module(lambda: module, tmp_path / "saved/model.safetensors", strict=True)
    assert loaded.layer_2[0] == 2


def test_the_old_checkpoint_is_there_as_long_as_the_new_one_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_torch_state_dict(state(), tmp_path)
    before = contents(tmp_path)
    seen: list[bool] = []
    commit = folders._Save.commit

    def look(save: Any) -> None:
        seen.append(contents(tmp_path) == before)
        commit(save)

    monkeypatch.setattr(folders._Save, "commit", look)
    save_torch_state_dict(state(), tmp_path, max_shard_size=1)
    assert seen == [True]
