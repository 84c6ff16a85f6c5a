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
from anyhub.errors import CorruptFileError, EntryNotFoundError, UnsupportedError  # noqa: E402
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
    assert names_in(tmp_path) == ["README.md", "config.json", "model.safetensors"]
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
    assert names_in(tmp_path) == ["README.md", "model.safetensors"]


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
    assert "- Parameters: 12\n" in text
    assert "| `size` | `3` |" in text


def test_a_checkpoint_of_several_files_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(UnsupportedError, match=r"'model\.safetensors\.index\.json' lists, .* save them as 'model"):
        Net.from_pretrained(tmp_path)
    HfApi().create_repo(REPO)
    HfApi().upload_folder(repo_id=REPO, folder_path=tmp_path)
    with pytest.raises(UnsupportedError, match="spread over the files"):
        Net.from_pretrained(REPO)


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
    assert names_in(tmp_path) == ["README.md", "adapter.safetensors", "config.json", "model.safetensors"]


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


def test_weights_that_do_not_fit_are_named_and_refused_when_strict(tmp_path: Path) -> None:
    class Other(nn.Module, PyTorchModelHubMixin):
        def __init__(self) -> None:
            super().__init__()
            self.other = nn.Linear(2, 2)

    Net().save_pretrained(tmp_path)
    with pytest.warns(IncompleteCheckpointWarning, match=r"other\.weight"):
        Other.from_pretrained(tmp_path)
    with pytest.raises(RuntimeError, match=r"other\.weight"):
        Other.from_pretrained(tmp_path, strict=True)


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


def test_a_map_location_may_be_a_device(tmp_path: Path) -> None:
    model = Net()
    model.save_pretrained(tmp_path)
    assert same(Net.from_pretrained(tmp_path, map_location=torch.device("cpu")), model)


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


def test_the_card_counts_the_parameters(tmp_path: Path) -> None:
    Net(8).save_pretrained(tmp_path)
    assert "Parameters: 72" in ModelCard.load(tmp_path / "README.md").text
    assert "Parameters: 1,000" in Net(8).generate_model_card(parameter_count=1000).text


def test_a_model_loads_from_a_copy_of_its_folder(tmp_path: Path) -> None:
    model = Net(3)
    model.save_pretrained(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert same(Net.from_pretrained(tmp_path / "b"), model)
    assert json.loads((tmp_path / "b/config.json").read_text()) == {"size": 3, "drop": 0.5}
