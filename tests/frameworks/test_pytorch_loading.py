from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from anyhub.errors import (
    CheckpointMismatchError,
    CorruptFileError,
    UnsafeFileError,
    UnsupportedError,
    ValidationError,
)
from anyhub.formats import safetensors_writer
from anyhub.formats.safetensors_writer import TensorSource
from anyhub.frameworks.pytorch import IncompleteCheckpointWarning, load_module, load_pickle, save_module
from anyhub.frameworks.pytorch.drafts import draft


class Net(nn.Module):
    def __init__(self, width: int = 4, *, tied: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(6, width)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 6, bias=False)
        if tied:
            self.head.weight = self.embed.weight
        self.register_buffer("offset", torch.arange(3.0), persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.norm(self.embed(ids)))


IDS = torch.arange(6)


def stored(module: nn.Module, folder: Path) -> Path:
    save_module(module, folder)
    return folder / "model.safetensors"


def edited(file: Path, edit: Callable[[dict[str, torch.Tensor]], Any], metadata: dict[str, str] | None = None) -> Path:
    tensors = {name: tensor.clone() for name, tensor in safetensors.torch.load_file(file).items()}
    edit(tensors)
    safetensors.torch.save_file(tensors, str(file.with_name("edited.safetensors")), metadata)
    return file.with_name("edited.safetensors")


def is_ordinary(caplog: pytest.LogCaptureFixture) -> bool:
    return any("ordinary way" in record.message for record in caplog.records)


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net().eval()


def test_a_module_comes_back_equal_and_in_evaluation_mode(net: Net, tmp_path: Path) -> None:
    loaded = load_module(Net, stored(net, tmp_path))
    assert torch.equal(loaded(IDS), net(IDS))
    assert not loaded.training
    assert not loaded.norm.training
    assert loaded.offset.tolist() == [0, 1, 2]


@pytest.mark.parametrize("writer", ["ours", "the library's"])
def test_a_mapped_module_computes_the_same_last_bits(writer: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = [(7, 33), (33, 5), (5, 64), (64, 64), (64, 1)]
    made = nn.Sequential(*(nn.Linear(*shape) for shape in layers)).eval()
    file = stored(made, tmp_path) if writer == "ours" else tmp_path / "theirs.safetensors"
    if writer != "ours":
        safetensors.torch.save_file({"_": torch.zeros(1, dtype=torch.float64)} | made.state_dict(), str(file))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one tensor too many: it moves the others to where they are not aligned
        loaded = load_module(lambda: nn.Sequential(*(nn.Linear(*shape) for shape in layers)), file)
    for saved, mapped in zip(made, loaded, strict=True):
        x = torch.randn(1, saved.in_features)
        assert torch.equal(mapped(x), saved(x))


def test_a_draft_draws_nothing_and_sets_nothing() -> None:
    before = torch.get_rng_state()
    drafted = draft(lambda: nn.Transformer(8, 2, 2, 2, 16, batch_first=True))
    assert drafted
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter in drafted.undefined for parameter in drafted.module.parameters())


def test_other_threads_are_not_affected_by_a_draft() -> None:
    import threading

    built: list[nn.Linear] = []

    def build() -> nn.Linear:
        thread = threading.Thread(target=lambda: built.append(nn.Linear(50, 50)))
        thread.start()
        thread.join()
        return nn.Linear(2, 2)

    draft(build)
    assert 0 < built[0].weight.std() < 1


def test_mapped_weights_can_be_trained_and_the_file_stays_as_it_is(net: Net, tmp_path: Path) -> None:
    file = stored(net, tmp_path)
    before = file.read_bytes()
    loaded = load_module(Net, file)
    optimizer = torch.optim.SGD(loaded.parameters(), lr=1.0)
    loaded(IDS).sum().backward()
    optimizer.step()
    assert not torch.equal(loaded.head.weight, net.head.weight)
    assert file.read_bytes() == before


def test_a_copy_outlives_changes_of_the_file(net: Net, tmp_path: Path) -> None:
    file = stored(net, tmp_path)
    loaded = load_module(Net, file, load_mode="copy")
    file.write_bytes(bytes(file.stat().st_size))
    assert torch.equal(loaded(IDS), net(IDS))


def test_a_mapped_file_may_be_replaced_by_saving_to_it(net: Net, tmp_path: Path) -> None:
    file = stored(net, tmp_path)
    loaded = load_module(Net, file)
    file.unlink()
    stored(Net(), tmp_path)
    assert torch.equal(loaded(IDS), net(IDS))


def test_a_build_that_fails_fails_as_it_does_without_loading(net: Net, tmp_path: Path) -> None:
    def build() -> Net:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        load_module(build, stored(net, tmp_path))


def test_a_build_that_fails_only_the_first_time_succeeds(net: Net, tmp_path: Path) -> None:
    calls: list[int] = []

    def build() -> Net:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return Net()

    assert torch.equal(load_module(build, stored(net, tmp_path))(IDS), net(IDS))


# Names


def test_weights_that_the_file_lacks_are_initialised_and_reported_by_name(net: Net, tmp_path: Path) -> None:
    file = edited(stored(net, tmp_path), lambda tensors: tensors.pop("head.weight"))
    torch.manual_seed(3)
    expected = Net().head.weight
    torch.manual_seed(3)
    with pytest.warns(IncompleteCheckpointWarning, match=r"does not fit Net: the file lacks 'head\.weight'") as caught:
        loaded = load_module(Net, file)
    assert torch.equal(loaded.head.weight, expected)
    assert torch.equal(loaded.embed.weight, net.embed.weight)
    assert [warning.filename for warning in caught] == [__file__]


def test_tensors_that_the_model_lacks_are_reported_by_name(net: Net, tmp_path: Path) -> None:
    file = edited(stored(net, tmp_path), lambda tensors: tensors.update(extra=torch.zeros(2)))
    with pytest.warns(IncompleteCheckpointWarning, match=r"the model lacks 'extra', not used"):
        assert torch.equal(load_module(Net, file)(IDS), net(IDS))


def test_one_warning_names_ten_and_counts_the_rest(tmp_path: Path) -> None:
    file = stored(nn.Sequential(), tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_module(lambda: nn.Sequential(*(nn.Linear(1, 1) for _ in range(8))), file)
    (warning,) = caught
    assert str(warning.message).count(".weight'") + str(warning.message).count(".bias'") == 10
    assert "and 6 more" in str(warning.message)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda tensors: tensors.pop("norm.bias"), "the file lacks 'norm.bias'"),
        (lambda tensors: tensors.update(more=torch.zeros(1)), "the model lacks 'more'"),
    ],
    ids=["missing", "unexpected"],
)
def test_a_strict_load_refuses_what_does_not_fit_by_name(
    edit: Callable[[dict[str, torch.Tensor]], Any], reason: str, net: Net, tmp_path: Path
) -> None:
    file = edited(stored(net, tmp_path), edit)
    with pytest.raises(CheckpointMismatchError, match=reason) as caught:
        load_module(Net, file, strict=True)
    assert isinstance(caught.value, RuntimeError)  # as `load_state_dict` raises


@pytest.mark.parametrize("strict", [True, False])
def test_a_shape_that_differs_is_refused_with_both_shapes(strict: bool, net: Net, tmp_path: Path) -> None:
    with pytest.raises(CheckpointMismatchError) as caught:
        load_module(lambda: Net(width=5), stored(net, tmp_path), strict=strict)
    assert "does not fit Net: 'embed.weight' is [6, 4] in the file and [6, 5] in the model; " in str(caught.value)
    assert "; 1 more tensor differs. Build the model with the configuration" in str(caught.value)


def test_a_checkpoint_of_another_model_is_refused_though_not_strict(net: Net, tmp_path: Path) -> None:
    file = stored(nn.Sequential(nn.Linear(2, 2)), tmp_path)
    with pytest.raises(
        CheckpointMismatchError, match=r"has no tensor of Net: the file has '0\.bias', '0\.weight', the mod"
    ):
        load_module(Net, file)


def test_a_tensor_that_torch_can_not_copy_is_refused_by_name(net: Net, tmp_path: Path) -> None:
    packed = torch.zeros(6, 4, dtype=torch.uint8).view(torch.float4_e2m1fn_x2)
    file = edited(stored(net, tmp_path), lambda tensors: tensors.update({"head.weight": packed}))
    loaded = load_module(Net, file)  # it is of the dtype of the file
    assert loaded.head.weight.dtype == torch.float4_e2m1fn_x2
    with pytest.raises(CheckpointMismatchError, match=r"head\.weight.*not implemented for"):
        load_module(Net, file, dtype="float16")


def test_names_that_a_module_translates_itself_are_neither_missing_nor_of_another_model(tmp_path: Path) -> None:
    def build() -> nn.Module:
        return nn.utils.parametrizations.weight_norm(nn.Linear(2, 3, bias=False))

    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file({"weight_g": torch.ones(3, 1), "weight_v": torch.ones(3, 2)}, str(file))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_module(build, file, strict=True).weight.unique().tolist() == pytest.approx([0.5**0.5])


# Ties


def test_tied_weights_are_tied_again_and_not_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = Net(tied=True).eval()
    file = stored(net, tmp_path)
    caplog.set_level(logging.DEBUG, "anyhub")
    loaded = load_module(lambda: Net(tied=True), file, strict=True)
    assert loaded.head.weight is loaded.embed.weight
    assert torch.equal(loaded(IDS), net(IDS))
    assert not is_ordinary(caplog)


@pytest.mark.parametrize("kept", ["embed.weight", "head.weight"])
def test_whichever_name_of_tied_weights_a_file_kept_is_enough(kept: str, tmp_path: Path) -> None:
    net = Net(tied=True).eval()
    file = edited(stored(net, tmp_path), lambda tensors: tensors.update({kept: tensors.pop("embed.weight")}))
    assert torch.equal(load_module(lambda: Net(tied=True), file, strict=True)(IDS), net(IDS))


def test_a_file_with_both_names_of_tied_weights_ends_as_after_copying(tmp_path: Path) -> None:
    file = edited(stored(Net(tied=True), tmp_path), lambda tensors: tensors.update({"head.weight": torch.ones(6, 4)}))
    loaded = load_module(lambda: Net(tied=True), file, strict=True)
    assert loaded.embed.weight is loaded.head.weight
    assert loaded.embed.weight.unique().tolist() == [1]


def test_a_model_that_no_longer_ties_gets_two_tensors_from_the_one_that_was_tied(tmp_path: Path) -> None:
    net = Net(tied=True)
    loaded = load_module(Net, stored(net, tmp_path), strict=True)
    assert torch.equal(loaded.head.weight, net.embed.weight)
    with torch.no_grad():
        loaded.head.weight.zero_()
    assert torch.equal(loaded.embed.weight, net.embed.weight)


# Dtypes


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.float8_e4m3fn])
def test_the_dtype_is_that_of_the_file_and_buffers_that_are_not_in_it_keep_theirs(
    dtype: torch.dtype, net: Net, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "anyhub")
    loaded = load_module(Net, stored(net.to(dtype), tmp_path))
    assert {parameter.dtype for parameter in loaded.parameters()} == {dtype}
    assert loaded.offset.dtype == torch.float32
    assert all(parameter.requires_grad for parameter in loaded.parameters())
    assert not is_ordinary(caplog)


def test_weights_that_the_file_lacks_take_the_one_dtype_that_it_has(net: Net, tmp_path: Path) -> None:
    file = edited(stored(net.bfloat16(), tmp_path), lambda tensors: tensors.pop("head.weight"))
    with pytest.warns(IncompleteCheckpointWarning):
        loaded = load_module(Net, file)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.bfloat16}
    assert loaded(IDS).dtype == torch.bfloat16


def test_numbers_of_another_kind_are_converted_as_torch_does(tmp_path: Path) -> None:
    module = nn.BatchNorm1d(2)
    file = edited(
        stored(module, tmp_path),
        lambda tensors: tensors.update(
            num_batches_tracked=torch.tensor(5, dtype=torch.int32), weight=torch.tensor([1, 2])
        ),
    )
    loaded = load_module(lambda: nn.BatchNorm1d(2), file, strict=True)
    assert loaded.num_batches_tracked.dtype == torch.int64
    assert loaded.weight.tolist() == [1.0, 2.0]
    assert loaded.weight.dtype == torch.float32


# Places


@pytest.mark.parametrize(
    "location",
    [None, "cpu", torch.device("cpu"), "cpu:0", {"cpu": "cpu:0"}, {"cuda:0": "cpu"}, lambda storage, location: None],
)
def test_the_cpu_may_be_named_in_every_way(location: Any, net: Net, tmp_path: Path) -> None:
    assert load_module(Net, stored(net, tmp_path), map_location=location).head.weight.device.type == "cpu"


def test_a_module_on_the_meta_device_has_the_shapes_and_dtypes_of_the_file_and_its_ties(tmp_path: Path) -> None:
    file = stored(Net(tied=True).bfloat16(), tmp_path)
    loaded = load_module(lambda: Net(tied=True), file, map_location="meta")
    assert loaded.head.weight is loaded.embed.weight
    assert {(p.device.type, p.dtype) for p in loaded.parameters()} == {("meta", torch.bfloat16)}
    assert loaded.offset.is_meta


def test_a_function_of_locations_is_asked_about_the_cpu(net: Net, tmp_path: Path) -> None:
    asked: list[str] = []

    def move(storage: Any, location: str) -> Any:
        asked.append(location)
        return torch.UntypedStorage(storage.nbytes(), device="meta")

    assert load_module(Net, stored(net, tmp_path), map_location=move).head.weight.is_meta
    assert asked == ["cpu"]


def test_a_model_that_is_built_on_the_meta_device_is_refused(net: Net, tmp_path: Path) -> None:
    file = stored(net, tmp_path)
    with pytest.raises(UnsupportedError, match=r"built on the meta device, where 'embed\.weight' has no values"):
        load_module(lambda: Net().to("meta"), file)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("location", [0, "cuda", "cuda:0", torch.device("cuda", 0)])
def test_the_whole_module_is_on_the_gpu_that_was_asked_for(location: Any, tmp_path: Path) -> None:
    net = Net(tied=True).eval()
    loaded = load_module(lambda: Net(tied=True), stored(net, tmp_path), map_location=location)
    assert {tensor.device for tensor in (*loaded.parameters(), *loaded.buffers())} == {torch.device("cuda", 0)}
    assert loaded.head.weight is loaded.embed.weight
    assert torch.allclose(loaded(IDS.cuda()).cpu(), net(IDS), atol=1e-5)


@pytest.mark.parametrize("location", ["gpu0", {"cpu": "gpu"}, True, 1.5])
def test_what_is_not_a_device_is_refused(location: Any, net: Net, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"is not a device; use 'cpu'"):
        load_module(Net, stored(net, tmp_path), map_location=location)


def test_what_is_not_a_load_mode_is_refused_with_the_nearest(net: Net, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"'mmap' is not a load mode.*Did you mean 'map'"):
        load_module(Net, stored(net, tmp_path), load_mode="mmap")  # type: ignore[arg-type]


# Damage


def test_a_truncated_file_is_refused_before_anything_is_built(net: Net, tmp_path: Path) -> None:
    file = stored(net, tmp_path)
    file.write_bytes(file.read_bytes()[:-1])
    built: list[int] = []
    with pytest.raises(CorruptFileError, match="truncated, 1 of"):
        load_module(lambda: built.append(1) or Net(), file)
    assert built == []


def test_malformed_extra_state_is_refused(tmp_path: Path) -> None:
    class Extra(nn.Module):
        def get_extra_state(self) -> Any:
            return 1

        def set_extra_state(self, state: Any) -> None: ...

    file = edited(stored(Extra(), tmp_path), lambda tensors: None, {"_extra_state": "{"})
    with pytest.raises(CorruptFileError, match="malformed JSON as the state '_extra_state'"):
        load_module(Extra, file)


@pytest.mark.parametrize(("dtype", "bits"), [("F6_E2M3", 6), ("F6_E3M2", 6)])
def test_a_dtype_that_torch_lacks_is_named_with_its_tensor(dtype: str, bits: int, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    safetensors_writer.write(file, [TensorSource("weight", dtype, (1, 4), lambda: bytes(4 * bits // 8))])
    with pytest.raises(UnsupportedError, match=rf"Tensor 'weight' of .* has the dtype {dtype}, which torch .* lacks"):
        load_module(lambda: nn.Linear(4, 1, bias=False), file)


# State that is no tensor


class Quantised(nn.Module):
    """Has texts in its state, as layers of some libraries for quantised weights do."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.kind = kind

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "kind"] = self.kind

    def _load_from_state_dict(self, state: Any, prefix: str, *others: Any) -> None:
        self.kind = state.pop(prefix + "kind", "none")
        super()._load_from_state_dict(state, prefix, *others)


def test_texts_in_the_state_of_a_module_come_back(tmp_path: Path) -> None:
    file = stored(nn.Sequential(Quantised("nf4"), Quantised("fp4")), tmp_path)
    loaded = load_module(lambda: nn.Sequential(Quantised(), Quantised()), file, strict=True)
    assert [layer.kind for layer in loaded] == ["nf4", "fp4"]


@pytest.mark.parametrize("state", [{"steps": 3, "names": ["a"]}, "text", None, (1, 2)])
def test_extra_state_comes_back(state: Any, tmp_path: Path) -> None:
    class Extra(nn.Module):
        state: Any = "nothing"

        def get_extra_state(self) -> Any:
            return self.state

        def set_extra_state(self, state: Any) -> None:
            self.state = state

    module = Extra()
    module.state = state
    assert load_module(Extra, stored(module, tmp_path), strict=True).state == state


# Pickles


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_of_tensors_is_loaded(zipped: bool, net: Net, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save(net.state_dict(), file, _use_new_zipfile_serialization=zipped)
    loaded = load_pickle(Net, file, strict=True)
    assert torch.equal(loaded(IDS), net(IDS))
    assert not loaded.training


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_can_be_copied_and_outlives_changes_of_the_file(zipped: bool, net: Net, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save(net.state_dict(), file, _use_new_zipfile_serialization=zipped)
    loaded = load_pickle(Net, file, load_mode="copy", dtype="float64")
    file.write_bytes(bytes(file.stat().st_size))
    assert torch.allclose(loaded(IDS), net.double()(IDS))


def test_a_pickle_is_asked_where_its_tensors_were(net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pytorch_model.bin"
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:3")  # as on a machine with GPUs
        torch.save(net.state_dict(), file)
    asked: list[str] = []
    load_pickle(Net, file, map_location=lambda storage, location: asked.append(location) or storage)
    assert asked == ["cuda:3"]
    assert load_pickle(Net, file).head.weight.device == torch.device("cpu")
    assert load_pickle(Net, file, map_location={"cuda:3": "meta"}).head.weight.is_meta
    with pytest.raises(ValidationError, match="'cuda:3' is not a device that can be used here"):
        load_pickle(Net, file, map_location={"cuda:0": "cpu"})


def test_a_pickle_without_values_is_refused(net: Net, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save(net.to("meta").state_dict(), file)
    with pytest.raises(CorruptFileError, match=r"has no values for 'embed\.weight'"):
        load_pickle(Net, file)


def test_tensors_that_share_memory_in_a_pickle_are_the_models_own(tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save(Net(tied=True).state_dict(), file)
    loaded = load_pickle(Net, file, strict=True)
    with torch.no_grad():
        loaded.head.weight.zero_()
    assert loaded.embed.weight.any()


def test_a_pickle_that_names_code_is_refused_and_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"

    class Exploit:
        def __reduce__(self) -> Any:
            return Path.touch, (trace,)

    file = tmp_path / "pytorch_model.bin"
    torch.save({"weight": Exploit()}, file)
    with pytest.raises(UnsafeFileError, match="holds more than tensors"):
        load_pickle(Net, file)
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x80\x02", pickle.dumps([1], protocol=2)[:-1]])
def test_a_damaged_pickle_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    file.write_bytes(content)
    with pytest.raises((CorruptFileError, UnsafeFileError), match=r"pytorch_model\.bin"):
        load_pickle(Net, file)


def test_a_truncated_pickle_is_refused(net: Net, tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save(net.state_dict(), file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CorruptFileError, match="Download it again"):
        load_pickle(Net, file)


def test_a_pickle_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pytorch_model.bin"
    torch.save([torch.zeros(2)], file)
    with pytest.raises(CorruptFileError, match="holds a list, not tensors by name"):
        load_pickle(Net, file)


def test_importing_the_room_imports_neither_torch_nor_numpy() -> None:
    code = """
import sys
import anyhub.formats.safetensors_writer, anyhub.formats.read_ahead, anyhub.frameworks.pytorch
sys.exit(" ".join({"torch", "numpy", "safetensors"} & {*sys.modules}) or None)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


class Expanded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.scale = nn.Parameter(torch.ones(1, 1).expand(2, 3))
        self.register_buffer("places", torch.arange(3).expand(4, -1))


@pytest.mark.parametrize("load_mode", ["map", "copy"])
def test_expanded_tensors_come_back_in_memory_of_their_own(load_mode: Any, tmp_path: Path) -> None:
    net = Expanded()
    save_module(net, tmp_path)
    loaded = load_module(Expanded, tmp_path / "model.safetensors", strict=True, load_mode=load_mode)
    assert {name: value.tolist() for name, value in loaded.state_dict().items()} == {
        name: value.tolist() for name, value in net.state_dict().items()
    }
    assert loaded.places.is_contiguous()
