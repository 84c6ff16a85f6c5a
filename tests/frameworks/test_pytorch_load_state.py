from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from anyhub.errors import (
    CheckpointMismatchError,
    EntryNotFoundError,
    OtherFrameworkError,
    SafetensorsParsingError,
    UnsafeFileError,
    ValidationError,
)
from anyhub.frameworks.pytorch import (
    load_state_dict_from_file,
    load_torch_model,
    save_module,
    save_torch_model,
    save_torch_state_dict,
)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 3, bias=False)
        self.b = nn.Linear(3, 3, bias=False)
        self.b.weight = self.a.weight
        self.norm = nn.BatchNorm1d(3)


def filled(value: float, module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)
    return module


def pickled(module: nn.Module, file: Path) -> Path:
    torch.save(module.state_dict(), file)
    return file


class Runs:
    """Would make a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


# Into a model


@pytest.mark.parametrize("max_shard_size", ["5GB", 20])
@pytest.mark.parametrize("safe", [True, False])
def test_what_save_torch_model_writes_loads_strictly_with_tied_weights_and_shards(
    safe: bool, max_shard_size: Any, tmp_path: Path
) -> None:
    save_torch_model(filled(2, Tied()), tmp_path, max_shard_size=max_shard_size, safe_serialization=safe)
    model = Tied()
    assert load_torch_model(model, tmp_path, strict=True, safe=safe) == ([], [])
    assert model.b.weight is model.a.weight
    assert model.a.weight.unique().tolist() == [2]
    assert model.norm.weight.unique().tolist() == [2]
    assert model.training


def test_tied_weights_that_safetensors_itself_has_saved_are_not_missing(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_model(filled(2, Tied()), str(file))
    assert load_torch_model(Tied(), file, strict=True).missing_keys == []


@pytest.mark.parametrize("kept", ["a.weight", "b.weight"])
def test_tied_weights_are_not_missing_when_no_metadata_tells_of_them(kept: str, tmp_path: Path) -> None:
    tensors = {**nn.BatchNorm1d(3).state_dict(prefix="norm."), kept: torch.full((3, 3), 2.0)}
    safetensors.torch.save_file(tensors, str(tmp_path / "model.safetensors"))
    model = Tied()
    assert load_torch_model(model, tmp_path, strict=True) == ([], [])
    assert model.a.weight.unique().tolist() == [2]


def test_exactly_the_names_that_are_missing_and_unexpected_are_returned(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.ones(3, 3), "other": torch.zeros(1)}
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file(tensors, str(file))
    missing, unexpected = load_torch_model(Tied(), file)
    assert missing == ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"]
    assert unexpected == ["other"]
    with pytest.raises(CheckpointMismatchError, match=r"the file lacks 'norm\.bias'.* and the model lacks 'other'"):
        load_torch_model(Tied(), file, strict=True)


def test_a_checkpoint_with_no_name_of_the_model_is_refused(tmp_path: Path) -> None:
    save_module(nn.Linear(2, 2), tmp_path)
    with pytest.raises(CheckpointMismatchError, match="has no tensor of Tied"):
        load_torch_model(Tied(), tmp_path)


def test_another_shape_is_refused_with_both(tmp_path: Path) -> None:
    save_module(nn.Linear(2, 3), tmp_path)
    with pytest.raises(RuntimeError, match=r"'weight' is \[3, 2\] in the file and \[3, 4\] in the model"):
        load_torch_model(nn.Linear(4, 3), tmp_path)


@pytest.mark.parametrize("mmap", [True, False])
def test_parameters_stay_the_objects_that_they_are_and_optimizers_keep_working(mmap: bool, tmp_path: Path) -> None:
    save_module(filled(2, Tied()), tmp_path)
    model = Tied()
    before = [*model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
    model.b(model.a(torch.ones(1, 3))).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    load_torch_model(model, tmp_path, strict=True, mmap=mmap)
    assert all(now is then for now, then in zip(model.parameters(), before, strict=True))
    assert model.a.weight.unique().tolist() == [2]
    model.a(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert model.a.weight.unique().tolist() != [2]


@pytest.mark.parametrize("mmap", [True, False])
def test_the_dtypes_of_the_model_stay(mmap: bool, tmp_path: Path) -> None:
    save_module(filled(2, Tied()).bfloat16(), tmp_path)
    model = Tied().double()
    load_torch_model(model, tmp_path, strict=True, mmap=mmap)
    assert model.a.weight.dtype == torch.float64
    assert model.b.weight is model.a.weight
    assert model.a.weight.unique().tolist() == [2]


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file can not be written to")
@pytest.mark.parametrize(("mmap", "lives"), [(False, True), (True, False)])
def test_values_are_copied_unless_they_are_to_be_mapped(mmap: bool, lives: bool, tmp_path: Path) -> None:
    save_module(filled(2, nn.Linear(4, 4)), tmp_path)  # small tensors that are not aligned are always copied
    model = nn.Linear(4, 4)
    load_torch_model(model, tmp_path, mmap=mmap)
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(file.stat().st_size))
    assert (model.weight.unique().tolist() == [2]) is lives


@pytest.mark.parametrize("mmap", [True, False])
def test_a_model_on_the_meta_device_is_given_memory_and_values(mmap: bool, tmp_path: Path) -> None:
    save_module(filled(2, Tied()), tmp_path)
    with torch.device("meta"):
        model = Tied()
    before = [*model.parameters()]
    before[0].label = "mine"  # type: ignore[attr-defined]
    assert load_torch_model(model, tmp_path, strict=True, mmap=mmap) == ([], [])
    assert not any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
    assert all(now is then for now, then in zip(model.parameters(), before, strict=True))
    assert model.a.weight.label == "mine"
    assert model.b.weight is model.a.weight
    assert isinstance(model.a.weight, nn.Parameter)
    assert model.a.weight.requires_grad
    assert model.a.weight.unique().tolist() == [2]
    model.a(torch.ones(2, 3)).sum().backward()
    assert model.b.weight.grad is not None


def test_a_model_of_which_a_part_is_on_the_meta_device_is_given_memory_for_that(tmp_path: Path) -> None:
    save_module(filled(2, nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))), tmp_path)
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, device="meta").half().requires_grad_(False))
    load_torch_model(model, tmp_path, strict=True)
    assert [model[1].weight.dtype, model[1].weight.device.type] == [torch.float16, "cpu"]
    assert not model[1].weight.requires_grad
    assert model[1].weight.unique().tolist() == model[0].weight.unique().tolist() == [2]


@pytest.mark.parametrize("strict", [True, False])
def test_a_tensor_that_would_stay_on_the_meta_device_is_named_and_nothing_is_loaded(
    strict: bool, tmp_path: Path
) -> None:
    save_module(filled(2, nn.Sequential(nn.Linear(2, 2))), tmp_path)
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, device="meta"))
    filled(0, model[0])
    with pytest.raises(CheckpointMismatchError, match=r"'1\.bias', '1\.weight' of Seq.*stay on the meta device"):
        load_torch_model(model, tmp_path, strict=strict)
    assert model[0].weight.unique().tolist() == [0]
    assert model[1].weight.is_meta


def test_a_buffer_that_no_file_has_can_not_stay_on_the_meta_device(tmp_path: Path) -> None:
    class Buffered(nn.Linear):
        def __init__(self) -> None:
            super().__init__(2, 2)
            self.register_buffer("places", torch.arange(2), persistent=False)

    save_module(Buffered(), tmp_path)
    with pytest.raises(CheckpointMismatchError, match=r"'places' .*on the meta device"):
        load_torch_model(Buffered().to("meta"), tmp_path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_on_the_meta_device_is_given_memory_where_it_is_to_be(tmp_path: Path) -> None:
    save_module(filled(2, Tied()), tmp_path)
    model = Tied().to("meta")
    load_torch_model(model, tmp_path, strict=True, map_location="cuda:0", mmap=True)
    assert {tensor.device for tensor in model.state_dict().values()} == {torch.device("cuda", 0)}
    assert model.a.weight.unique().tolist() == [2]


def test_loading_to_the_meta_device_is_loading_to_the_cpu_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_module(filled(2, nn.Linear(2, 2)), tmp_path)
    model = nn.Linear(2, 2, device="meta")
    load_torch_model(model, tmp_path, map_location="meta")
    assert model.weight.unique().tolist() == [2]
    assert "meta device have no values" in caplog.text


def test_texts_in_a_state_dict_come_back(tmp_path: Path) -> None:
    class Quantised(nn.Linear):
        kind = "fresh"

        def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "kind"] = self.kind

        def _load_from_state_dict(self, state: Any, prefix: str, *others: Any) -> None:
            self.kind = state.pop(prefix + "kind")
            super()._load_from_state_dict(state, prefix, *others)

    saved = Quantised(2, 2)
    saved.kind = "nf4"
    save_torch_state_dict(saved.state_dict(), tmp_path, max_shard_size=1)
    model = Quantised(2, 2)
    assert load_torch_model(model, tmp_path, strict=True) == ([], [])
    assert model.kind == "nf4"


def test_a_model_without_tensors_comes_back(tmp_path: Path) -> None:
    save_torch_model(nn.ReLU(), tmp_path)
    assert load_torch_model(nn.ReLU(), tmp_path, strict=True) == ([], [])


# Which file


def test_the_file_that_the_pattern_names_is_taken_though_others_are_there(tmp_path: Path) -> None:
    save_module(filled(1, nn.Linear(2, 2)), tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "adapter.safetensors")
    save_module(filled(2, nn.Linear(2, 2)), tmp_path)
    model = nn.Linear(2, 2)
    load_torch_model(model, tmp_path)
    assert model.weight.unique().tolist() == [2]
    load_torch_model(model, tmp_path, filename_pattern="adapter{suffix}.safetensors")
    assert model.weight.unique().tolist() == [1]


def test_an_index_comes_before_a_single_file(tmp_path: Path) -> None:
    save_module(filled(1, nn.Linear(2, 2)), tmp_path)
    save_module(filled(2, nn.Linear(2, 2)), tmp_path, max_shard_size=1)
    model = nn.Linear(2, 2)
    load_torch_model(model, tmp_path)
    assert model.weight.unique().tolist() == [2]
    load_torch_model(model, tmp_path / "model.safetensors")
    assert model.weight.unique().tolist() == [1]
    load_torch_model(model, tmp_path / "model.safetensors.index.json")
    assert model.weight.unique().tolist() == [2]


def test_the_only_safetensors_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    save_module(filled(2, nn.Linear(2, 2)), tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "weights.safetensors")
    model = nn.Linear(2, 2)
    load_torch_model(model, tmp_path)
    assert model.weight.unique().tolist() == [2]


@pytest.mark.parametrize("name", ["pytorch_model.bin", "other.bin"])
def test_a_folder_with_pickled_weights_alone_is_loaded_only_when_asked_for(name: str, tmp_path: Path) -> None:
    pickled(filled(2, nn.Linear(2, 2)), tmp_path / name)
    model = nn.Linear(2, 2)
    with pytest.raises(ValidationError, match=r"does not contain a valid checkpoint.*'model\.safetensors'"):
        load_torch_model(model, tmp_path)
    load_torch_model(model, tmp_path, safe=False)
    assert model.weight.unique().tolist() == [2]


def test_safetensors_come_before_pickles(tmp_path: Path) -> None:
    pickled(filled(1, nn.Linear(2, 2)), tmp_path / "pytorch_model.bin")
    save_module(filled(2, nn.Linear(2, 2)), tmp_path)
    model = nn.Linear(2, 2)
    load_torch_model(model, tmp_path, safe=False)
    assert model.weight.unique().tolist() == [2]


def test_a_damaged_safetensors_file_is_not_answered_for_by_a_pickle(tmp_path: Path) -> None:
    pickled(nn.Linear(2, 2), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(SafetensorsParsingError, match=r"model\.safetensors"):
        load_torch_model(nn.Linear(2, 2), tmp_path, safe=False)


def test_several_files_of_which_none_is_named_are_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_module(nn.Linear(2, 2), tmp_path)
        (tmp_path / "model.safetensors").rename(tmp_path / f"{name}.safetensors")
    with pytest.raises(
        ValueError, match=r"does not contain a valid checkpoint.*'one\.safetensors', 'two\.safetensors'"
    ):
        load_torch_model(nn.Linear(2, 2), tmp_path)


@pytest.mark.parametrize("pattern", ["mine{suffix}.bin", "mine{suffix}.pt", "mine{suffix}"])
@pytest.mark.parametrize("max_shard_size", ["5GB", 1])
def test_a_pattern_for_pickles_needs_leave(pattern: str, max_shard_size: Any, tmp_path: Path) -> None:
    model = filled(2, nn.Linear(2, 2))
    save_torch_model(model, tmp_path, filename_pattern=pattern, safe_serialization=False, max_shard_size=max_shard_size)
    with pytest.raises(ValidationError, match="pass safe=False to load pickled ones"):
        load_torch_model(nn.Linear(2, 2), tmp_path, filename_pattern=pattern)
    loaded = nn.Linear(2, 2)
    assert load_torch_model(loaded, tmp_path, filename_pattern=pattern, safe=False, strict=True) == ([], [])
    assert loaded.weight.unique().tolist() == [2]


@pytest.mark.parametrize("name", ["nothing", "nothing/model.safetensors"])
def test_a_path_that_does_not_exist_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(EntryNotFoundError, match=r"nothing.* does not exist") as caught:
        load_torch_model(nn.Linear(2, 2), tmp_path / name)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_pickle_in_a_folder_runs_no_code(tmp_path: Path) -> None:
    torch.save({"weight": Runs(tmp_path / "ran")}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UnsafeFileError, match="holds more than tensors"):
        load_torch_model(nn.Linear(2, 2), tmp_path, safe=False)
    assert not (tmp_path / "ran").exists()


# By itself


def test_a_safetensors_file_is_a_dict_of_its_tensors(tmp_path: Path) -> None:
    save_module(filled(2, Tied()), tmp_path)
    state = load_state_dict_from_file(tmp_path / "model.safetensors")
    assert sorted(state) == sorted({*Tied().state_dict()} - {"b.weight"})
    assert state["a.weight"].unique().tolist() == [2]
    state["a.weight"].zero_()
    assert load_state_dict_from_file(tmp_path / "model.safetensors")["a.weight"].unique().tolist() == [2]


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_read_and_runs_no_code_unless_told_to(zipped: bool, mmap: bool, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save({"weight": torch.ones(2), "epoch": 3}, file, _use_new_zipfile_serialization=zipped)
    state = load_state_dict_from_file(file, mmap=mmap)
    assert (state["weight"].tolist(), state["epoch"]) == ([1, 1], 3)
    torch.save({"weight": Runs(tmp_path / "ran")}, file, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UnsafeFileError, match="holds more than tensors"):
        load_state_dict_from_file(file, mmap=mmap)
    assert not (tmp_path / "ran").exists()
    load_state_dict_from_file(file, weights_only=False, mmap=mmap)
    assert (tmp_path / "ran").exists()


def test_a_pickle_is_not_read_where_only_safetensors_are_safe(tmp_path: Path) -> None:
    file = pickled(nn.Linear(2, 2), tmp_path / "pytorch_model.bin")
    with pytest.raises(SafetensorsParsingError, match=r"pytorch_model\.bin' is not a sound safetensors file"):
        load_state_dict_from_file(file, safe=True)


def test_safetensors_under_another_name_are_read_when_safe(tmp_path: Path) -> None:
    save_module(nn.Linear(2, 2), tmp_path)
    file = (tmp_path / "model.safetensors").rename(tmp_path / "weights.bin")
    assert sorted(load_state_dict_from_file(file, safe=True)) == ["bias", "weight"]


@pytest.mark.parametrize("name", ["model.safetensors", "MODEL.SAFETENSORS"])
def test_a_pickle_that_is_called_safetensors_is_never_unpickled(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(pickle.dumps(Runs(tmp_path / "ran")))
    with pytest.raises(SafetensorsParsingError, match="is not a sound safetensors file"):
        load_state_dict_from_file(file, weights_only=False)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(FileNotFoundError, match="No checkpoint file found at"):
            load_state_dict_from_file(path)


@pytest.mark.parametrize("metadata", [{"format": "pt"}, {"format": "mlx"}, {"by": "hand"}, None])
def test_files_that_name_no_other_framework_are_read(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file(nn.Linear(2, 2).state_dict(), str(file), metadata)
    assert sorted(load_state_dict_from_file(file)) == ["bias", "weight"]
    assert load_torch_model(nn.Linear(2, 2), file, strict=True) == ([], [])


@pytest.mark.parametrize("format", ["tf", "flax"])
def test_files_of_other_frameworks_are_refused_when_they_say_so(format: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file(nn.Linear(2, 2).state_dict(), str(file), {"format": format})
    for load in (load_state_dict_from_file, lambda path: load_torch_model(nn.Linear(2, 2), path)):
        with pytest.raises(OtherFrameworkError, match=f"of the format '{format}'") as caught:
            load(file)
        assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("location", ["meta", torch.device("meta"), {"cpu": "meta"}])
def test_safetensors_for_the_meta_device_are_on_the_cpu_with_a_warning(
    location: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_module(nn.Linear(2, 2), tmp_path)
    state = load_state_dict_from_file(tmp_path / "model.safetensors", map_location=location)
    assert {tensor.device.type for tensor in state.values()} == {"cpu"}
    assert "meta device have no values" in caplog.text


@pytest.mark.parametrize(
    ("location", "device"),
    [(None, "cpu"), ("cpu", "cpu"), ("meta", "meta"), ({"cpu": "meta"}, "meta"), (lambda storage, _: storage, "cpu")],
)
def test_a_pickle_takes_every_form_of_a_location(location: Any, device: str, tmp_path: Path) -> None:
    file = pickled(nn.Linear(2, 2), tmp_path / "pytorch_model.bin")
    state = load_state_dict_from_file(file, location)
    assert {tensor.device.type for tensor in state.values()} == {device}


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("location", ["gpu", {"cpu": "gpu"}])
def test_what_is_no_location_is_refused(location: Any, name: str, tmp_path: Path) -> None:
    save_module(nn.Linear(2, 2), tmp_path)
    pickled(nn.Linear(2, 2), tmp_path / "pytorch_model.bin")
    with pytest.raises(ValidationError, match="'gpu' is not a device"):
        load_state_dict_from_file(tmp_path / name, location)


def test_an_index_is_a_dict_of_the_tensors_of_all_shards(tmp_path: Path) -> None:
    save_module(filled(2, nn.Linear(2, 2)), tmp_path, max_shard_size=1)
    index = tmp_path / "model.safetensors.index.json"
    assert len({*json.loads(index.read_text())["weight_map"].values()}) == 2
    assert sorted(load_state_dict_from_file(index)) == ["bias", "weight"]


class Expanded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.scale = nn.Parameter(torch.ones(1, 1).expand(2, 3))
        self.register_buffer("places", torch.arange(3).expand(4, -1))


@pytest.mark.parametrize("mmap", [True, False])
def test_a_model_with_expanded_tensors_is_loaded_into_as_the_object_that_it_is(mmap: bool, tmp_path: Path) -> None:
    net, used = Expanded(), Expanded()
    with torch.no_grad():
        net.scale = nn.Parameter(torch.arange(6.0).view(2, 3))
    save_torch_model(net, tmp_path)
    scale, places = used.scale, used.places
    load_torch_model(used, tmp_path, strict=True, mmap=mmap)
    assert used.scale is scale
    assert used.places is places
    assert torch.equal(scale, net.scale)
