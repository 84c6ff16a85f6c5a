"""PyTorch modules come back as they were, whole and in evaluation mode."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from anyhub.api import HfApi  # noqa: E402
from anyhub.errors import (  # noqa: E402
    CheckpointMismatchError,
    CorruptFileError,
    EntryNotFoundError,
    MissingArgumentError,
    ValidationError,
)
from anyhub.frameworks.pytorch import IncompleteCheckpointWarning  # noqa: E402
from anyhub.models.pytorch import PyTorchModelHubMixin  # noqa: E402
from anyhub.repocard.repo_card import ModelCard  # noqa: E402

REPO = "username/net"


class Net(nn.Module, PyTorchModelHubMixin):
    def __init__(self, size: int = 4, drop: float = 0.5) -> None:
        super().__init__()
        self.layer = nn.Linear(size, size)
        self.drop = nn.Dropout(drop)
        self.register_buffer("steps", torch.tensor(size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(self.layer(x))


def same(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_module_comes_back_from_a_folder_and_from_the_hub(tmp_path: Path) -> None:
    model = Net(size=8)
    assert model.training
    model.save_pretrained(tmp_path)
    assert names_in(tmp_path) == ["README.md", "anyhub.json", "config.json", "model.safetensors"]
    model.push_to_hub(REPO)
    for loaded in (
        Net.from_pretrained(tmp_path),
        Net.from_pretrained(REPO),
        Net.from_pretrained(REPO, load_mode="copy"),
    ):
        assert type(loaded) is Net
        assert same(loaded, model)
        assert not loaded.training
        assert loaded._hub_mixin_config == {"size": 8, "drop": 0.5}
    assert model.training


def test_a_module_without_arguments_has_no_configuration(tmp_path: Path) -> None:
    class Fixed(nn.Module, PyTorchModelHubMixin):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

    Fixed().save_pretrained(tmp_path)
    assert names_in(tmp_path) == ["README.md", "anyhub.json", "model.safetensors"]


def test_the_mixin_may_come_first(tmp_path: Path) -> None:
    class First(PyTorchModelHubMixin, nn.Module):
        def __init__(self, size: int = 2) -> None:
            super().__init__()
            self.layer = nn.Linear(size, size)

    model = First(3)
    model.save_pretrained(tmp_path)
    assert same(First.from_pretrained(tmp_path), model)


def test_saving_twice_writes_the_same_bytes_and_pushes_once(tmp_path: Path) -> None:
    model = Net()
    model.save_pretrained(tmp_path / "a")
    model.save_pretrained(tmp_path / "b")
    for name in names_in(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert model.push_to_hub(REPO) == model.push_to_hub(REPO)
    assert len(HfApi().list_repo_commits(REPO)) == 2


class Layers(nn.Module, PyTorchModelHubMixin):
    def __init__(self, first: int, *sizes: int, bias: bool = True) -> None:
        super().__init__()
        pairs = zip((first, *sizes), sizes, strict=False)
        self.layers = nn.ModuleList(nn.Linear(a, b, bias=bias) for a, b in pairs)


def test_positional_arguments_come_back(tmp_path: Path) -> None:
    model = Layers(2, 3, 4, bias=False)
    model.save_pretrained(tmp_path)
    loaded = Layers.from_pretrained(tmp_path, strict=True)
    assert same(loaded, model)
    assert loaded._hub_mixin_config == {"first": 2, "*sizes": [3, 4], "bias": False}
    assert not Layers(2).layers
    Layers(2).save_pretrained(tmp_path)
    assert not Layers.from_pretrained(tmp_path, strict=True).layers


def test_parameters_that_are_only_positional_come_back(tmp_path: Path) -> None:
    class Positional(nn.Module, PyTorchModelHubMixin):
        def __init__(self, size: int, /) -> None:
            super().__init__()
            self.layer = nn.Linear(size, size)

    model = Positional(3)
    model.save_pretrained(tmp_path)
    assert same(Positional.from_pretrained(tmp_path, strict=True), model)


def test_the_card_of_another_model_is_not_that_of_the_one_before() -> None:
    Net(2).push_to_hub(REPO)
    Net(3).push_to_hub(REPO)
    text = ModelCard.load(REPO).text
    assert "12 parameters" in text
    assert "| `size` | `3` |" in text


def test_tied_weights_are_tied_again(tmp_path: Path) -> None:
    class Tied(nn.Module, PyTorchModelHubMixin):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(3, 3)
            self.b = self.a

    Tied().save_pretrained(tmp_path)
    loaded = Tied.from_pretrained(tmp_path)
    assert loaded.a.weight.data_ptr() == loaded.b.weight.data_ptr()


def test_a_module_with_an_attribute_called_module_is_saved_whole(tmp_path: Path) -> None:
    class Wrapping(nn.Module, PyTorchModelHubMixin):
        def __init__(self) -> None:
            super().__init__()
            self.module = nn.Linear(2, 2)
            self.head = nn.Linear(2, 2)

    model = Wrapping()
    model.save_pretrained(tmp_path)
    assert same(Wrapping.from_pretrained(tmp_path, strict=True), model)


def test_the_module_inside_of_a_wrapper_of_torch_is_saved(tmp_path: Path) -> None:
    class Parallel(nn.DataParallel, PyTorchModelHubMixin):
        def __init__(self, size: int = 2) -> None:
            super().__init__(nn.Linear(size, size))

    class Single(nn.Linear, PyTorchModelHubMixin):
        def __init__(self, size: int = 2) -> None:
            super().__init__(size, size)

    model = Parallel(3)
    model.save_pretrained(tmp_path)
    loaded = Parallel.from_pretrained(tmp_path, strict=True)
    assert type(loaded) is Parallel
    assert same(loaded, model)
    assert not loaded.training
    assert same(Single.from_pretrained(tmp_path, strict=True), model.module)


def test_shards_of_a_checkpoint_before_go(tmp_path: Path) -> None:
    for name in ("model.safetensors.index.json", "model-00001-of-00002.safetensors", "adapter.safetensors"):
        (tmp_path / name).write_bytes(b"old")
    Net().save_pretrained(tmp_path)
    assert names_in(tmp_path) == ["README.md", "adapter.safetensors", "anyhub.json", "config.json", "model.safetensors"]


def pickled(model: nn.Module, folder: Path) -> Path:
    model.save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


def test_a_pickle_of_tensors_is_loaded_where_there_are_no_safetensors(tmp_path: Path) -> None:
    model = Net(3)
    folder = pickled(model, tmp_path / "model")
    assert same(Net.from_pretrained(folder), model)
    HfApi().create_repo(REPO)
    HfApi().upload_folder(repo_id=REPO, folder_path=folder)
    assert same(Net.from_pretrained(REPO), model)
    assert not Net.from_pretrained(REPO).training


def test_damaged_safetensors_are_not_passed_over_for_a_pickle(tmp_path: Path) -> None:
    folder = pickled(Net(), tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    with pytest.raises(CorruptFileError, match=r"model\.safetensors"):
        Net.from_pretrained(folder)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(EntryNotFoundError, match=r"has no 'model\.safetensors'"):
        Net.from_pretrained(tmp_path)
    HfApi().create_repo(REPO)
    with pytest.raises(EntryNotFoundError, match=r"'model\.safetensors'"):
        Net.from_pretrained(REPO)


class Wider(nn.Module, PyTorchModelHubMixin):
    """Has one layer of `Net` and another that it has not."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.other = nn.Linear(2, 2)


class Foreign(nn.Module, PyTorchModelHubMixin):
    """Has nothing of `Net`."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Linear(2, 2)


def test_weights_that_fit_in_part_are_named_and_refused_when_strict(tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path)
    with pytest.warns(IncompleteCheckpointWarning, match=r"other\.weight"):
        Wider.from_pretrained(tmp_path)
    with pytest.raises(CheckpointMismatchError, match=r"other\.weight"):
        Wider.from_pretrained(tmp_path, strict=True)


def test_the_checkpoint_of_an_unrelated_model_is_refused_without_strict_too(tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path)
    with pytest.raises(CheckpointMismatchError, match=r"has no tensor of Foreign"):
        Foreign.from_pretrained(tmp_path)


class Stricter(nn.Module, PyTorchModelHubMixin):
    """Has arguments of its own with the names of what loading takes."""

    def __init__(self, strict: bool = False, revision: str = "none", size: int = 2) -> None:
        super().__init__()
        self.given = (strict, revision)
        self.layer = nn.Linear(size, size)


def test_arguments_with_the_names_of_options_come_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Stricter(strict=True, revision="r1").save_pretrained(tmp_path)
    assert Stricter.from_pretrained(tmp_path).given == (True, "r1")
    assert Stricter.from_pretrained(tmp_path, strict=False).given == (True, "r1")
    assert caplog.records == []


class Owning(nn.Module, PyTorchModelHubMixin):
    """Has arguments of its own with the names of the options that yield."""

    def __init__(
        self,
        dtype: str | None = "f4",
        device: str = "here",
        variant: str = "none",
        subfolder: str = "none",
        max_shard_size: int = 1,
    ) -> None:
        super().__init__()
        self.given = (dtype, device, variant, subfolder, max_shard_size)
        self.layer = nn.Linear(2, 2)


def test_options_yield_to_arguments_of_the_class(tmp_path: Path) -> None:
    Owning("f8", "there", "b", "up", 2).save_pretrained(tmp_path)
    assert Owning.from_pretrained(tmp_path).given == ("f8", "there", "b", "up", 2)
    given = Owning.from_pretrained(tmp_path, dtype=None, device="cuda", variant="c", subfolder="../x", max_shard_size=3)
    assert given.given == (None, "cuda", "c", "../x", 3)
    assert given.layer.weight.device == torch.device("cpu")


def test_what_a_configuration_holds_for_keywords_does_not_steer_the_loader(tmp_path: Path) -> None:
    class Open(nn.Module, PyTorchModelHubMixin):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__()
            self.kwargs = kwargs
            self.layer = nn.Linear(2, 2)

    stored = {"dtype": "float16", "device": "meta", "variant": "evil", "subfolder": "..", "map_location": "meta"}
    Open(**stored).save_pretrained(tmp_path)
    loaded = Open.from_pretrained(tmp_path)
    assert loaded.kwargs == stored
    assert (loaded.layer.weight.dtype, loaded.layer.weight.device.type) == (torch.float32, "cpu")


def test_weights_take_the_dtype_that_is_asked_for_and_else_keep_theirs(tmp_path: Path) -> None:
    Net().bfloat16().save_pretrained(tmp_path)
    assert Net.from_pretrained(tmp_path).layer.weight.dtype == torch.bfloat16
    for dtype in (torch.float16, "float16"):
        model = Net.from_pretrained(tmp_path, dtype=dtype)
        assert (model.layer.weight.dtype, model.steps.dtype) == (torch.float16, torch.int64)


@pytest.mark.parametrize(
    "place",
    ["cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage, None],
    ids=["text", "device", "dict", "function", "none"],
)
def test_a_map_location_has_every_form_that_torch_knows(tmp_path: Path, place: Any) -> None:
    model = Net()
    model.save_pretrained(tmp_path)
    assert same(Net.from_pretrained(tmp_path, map_location=place), model)


def test_device_and_map_location_are_one_option(tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path)
    assert Net.from_pretrained(tmp_path, device="meta").layer.weight.is_meta
    assert Net.from_pretrained(tmp_path, map_location="meta").layer.weight.is_meta
    assert Net.from_pretrained(tmp_path, device=torch.device("meta"), map_location="meta").layer.weight.is_meta
    with pytest.raises(ValidationError, match="two names for one option; give one of them"):
        Net.from_pretrained(tmp_path, device="meta", map_location="cpu")


class Needing(nn.Module, PyTorchModelHubMixin):
    """Can not do without arguments, of which one can not be stored."""

    def __init__(self, size: int, layer: nn.Module, *, act: str, drop: float = 0.5) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, size), layer)
        self.act = act


def test_all_arguments_that_are_missing_are_named(tmp_path: Path) -> None:
    model = Needing(2, nn.Linear(2, 2), act="relu")
    model.save_pretrained(tmp_path)
    (tmp_path / "config.json").unlink()
    (tmp_path / "anyhub.json").unlink()
    with pytest.raises(MissingArgumentError, match=r"needs 'size', 'layer', 'act', which .* pass size=…") as caught:
        Needing.from_pretrained(tmp_path)
    assert caught.value.names == ["size", "layer", "act"]
    loaded = Needing.from_pretrained(tmp_path, size=2, layer=nn.Linear(2, 2), act="relu", strict=True)
    assert same(loaded, model)


def test_an_argument_that_can_not_be_stored_is_told_at_saving_and_asked_for_at_loading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = Needing(2, nn.Linear(2, 2), act="relu")
    model.save_pretrained(tmp_path)
    assert "'layer'" in caplog.text
    with pytest.raises(MissingArgumentError, match="'layer'") as caught:
        Needing.from_pretrained(tmp_path)
    assert caught.value.names == ["layer"]
    assert same(Needing.from_pretrained(tmp_path, layer=nn.Linear(2, 2), strict=True), model)


def test_what_could_not_be_stored_is_asked_for_where_nothing_else_was_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Optional(nn.Module, PyTorchModelHubMixin):
        def __init__(self, layer: nn.Module | None = None) -> None:
            super().__init__()
            self.layer = layer or nn.Linear(2, 2)

    Optional(nn.Linear(2, 2)).save_pretrained(tmp_path)
    assert not (tmp_path / "config.json").exists()
    caplog.clear()
    Optional.from_pretrained(tmp_path)
    assert "'layer', which could not be kept when it was saved" in caplog.text
    caplog.clear()
    Optional.from_pretrained(tmp_path, layer=nn.Linear(2, 2))
    assert caplog.text == ""


def test_a_configuration_given_at_saving_leaves_the_other_arguments_as_they_were(tmp_path: Path) -> None:
    model = Net(size=8, drop=0.25)
    model.save_pretrained(tmp_path, config={"drop": 0.75, "note": "hi"})
    assert json.loads((tmp_path / "config.json").read_text()) == {"size": 8, "drop": 0.75, "note": "hi"}
    assert same(Net.from_pretrained(tmp_path, strict=True), model)


def test_state_that_is_no_tensor_comes_back(tmp_path: Path) -> None:
    class Counting(nn.Module, PyTorchModelHubMixin):
        def __init__(self) -> None:
            super().__init__()
            self.count = 0
            self.layer = nn.Linear(2, 2)

        def get_extra_state(self) -> dict[str, int]:
            return {"count": self.count}

        def set_extra_state(self, state: dict[str, int]) -> None:
            self.count = state["count"]

    model = Counting()
    model.count = 7
    model.save_pretrained(tmp_path)
    assert Counting.from_pretrained(tmp_path, strict=True).count == 7


def test_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Net().save_pretrained(tmp_path / "net", push_to_hub=True)
    Net.from_pretrained(tmp_path / "net")
    Net.from_pretrained(REPO)
    assert capsys.readouterr() == ("", "")


def test_a_load_that_fails_leaves_nothing_that_the_next_would_find(tmp_path: Path) -> None:
    Net(3).save_pretrained(tmp_path / "good")
    Net(3).save_pretrained(tmp_path / "bad")
    (tmp_path / "bad/model.safetensors").write_bytes(b"damaged")
    with pytest.raises(CorruptFileError):
        Net.from_pretrained(tmp_path / "bad", size=5)
    assert Net(2).layer.in_features == 2
    loaded = Net.from_pretrained(tmp_path / "good", strict=True)
    assert (loaded.layer.in_features, loaded._hub_mixin_config["size"]) == (3, 3)
    assert loaded.layer.weight.device.type == "cpu"


def test_a_hook_of_either_generation_may_call_that_of_the_mixin(tmp_path: Path) -> None:
    class Newer(Net):
        @classmethod
        def _from_pretrained(
            cls, *, model_id, revision, cache_dir, force_download, local_files_only, token, strict=False, **model_kwargs
        ):
            return super()._from_pretrained(
                model_id=model_id,
                revision=revision,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
                token=token,
                strict=strict,
                **model_kwargs,
            )

    class Older(Net):
        @classmethod
        def _from_pretrained(cls, *, model_id, proxies, resume_download, **kwargs):
            return super()._from_pretrained(
                model_id=model_id, proxies=proxies, resume_download=resume_download, **kwargs
            )

    model = Net(5)
    model.save_pretrained(tmp_path)
    assert same(Newer.from_pretrained(tmp_path), model)
    assert same(Older.from_pretrained(tmp_path), model)


def test_a_config_taken_out_of_the_keywords_comes_back(tmp_path: Path) -> None:
    class Popping(nn.Module, PyTorchModelHubMixin):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__()
            self.config = kwargs.pop("config", None)
            self.layer = nn.Linear(2, 2)

    Popping(config={"num": 10}).save_pretrained(tmp_path)
    assert Popping.from_pretrained(tmp_path).config == {"num": 10}


def test_the_card_counts_the_parameters_of_each_dtype(tmp_path: Path) -> None:
    model = Net(8)
    model.save_pretrained(tmp_path)
    assert "72 parameters in `F32`" in ModelCard.load(tmp_path / "README.md").text
    model.extra = nn.Parameter(torch.zeros(3, dtype=torch.bfloat16))
    card = model.generate_model_card().text
    assert "75 parameters" in card
    assert "72 in `F32`" in card
    assert "3 in `BF16`" in card
    assert "1,000 parameters" in model.generate_model_card(parameters={"F32": 1000}).text


def test_a_model_loads_from_a_copy_of_its_folder(tmp_path: Path) -> None:
    model = Net(3)
    model.save_pretrained(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert same(Net.from_pretrained(tmp_path / "b"), model)
    assert json.loads((tmp_path / "b/config.json").read_text()) == {"size": 3, "drop": 0.5}
