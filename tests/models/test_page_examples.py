"""The code of the documentation's pages runs here, but for the line that imports the library."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Optional, Union  # noqa: UP035 - as the page has it

import pytest

from anyhub import HfApi, ModelCard, ModelHubMixin, hf_hub_download

torch = pytest.importorskip("torch")

from safetensors.torch import load_model as load_model_as_safetensor  # noqa: E402
from safetensors.torch import save_model as save_model_as_safetensor  # noqa: E402
from torch import nn  # noqa: E402

SAFETENSORS_SINGLE_FILE = "model.safetensors"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(page: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run a page's code: lines after prompts, each maybe followed by the value that it has."""
    statements: list[list[str]] = []
    for line in page.splitlines():
        if line.startswith(">>> "):
            statements.append([line[4:], ""])
        elif line.startswith("..."):
            statements[-1][0] += "\n" + line[4:]
        elif line and not line.startswith("#"):
            statements[-1][1] = line
    for code, value in statements:
        if value:
            assert eval(code, names) == ast.literal_eval(value)  # noqa: S307
        else:
            exec(code, names)
    return names


PYTORCH = """\
>>> import torch
>>> import torch.nn as nn
>>> from anyhub import PyTorchModelHubMixin


# Define your Pytorch model exactly the same way you are used to
>>> class MyModel(
...         nn.Module,
...         PyTorchModelHubMixin, # multiple inheritance
...         library_name="keras-nlp",
...         tags=["keras"],
...         repo_url="https://github.com/keras-team/keras-nlp",
...         docs_url="https://keras.io/keras_nlp/",
...         # ^ optional metadata to generate model card
...     ):
...     def __init__(self, hidden_size: int = 512, vocab_size: int = 30000, output_size: int = 4):
...         super().__init__()
...         self.param = nn.Parameter(torch.rand(hidden_size, vocab_size))
...         self.linear = nn.Linear(output_size, vocab_size)

...     def forward(self, x):
...         return self.linear(x + self.param)

# 1. Create model
>>> model = MyModel(hidden_size=128)

# Config is automatically created based on input + default values
>>> model.param.shape[0]
128

# 2. (optional) Save model to local directory
>>> model.save_pretrained("path/to/my-awesome-model")

# 3. Push model weights to the Hub
>>> model.push_to_hub("my-awesome-model")

# 4. Initialize model from the Hub => config has been preserved
>>> model = MyModel.from_pretrained("username/my-awesome-model")
>>> model.param.shape[0]
128

# Model card has been correctly populated
>>> from anyhub import ModelCard
>>> card = ModelCard.load("username/my-awesome-model")
>>> card.data.tags
["keras", "pytorch_model_hub_mixin", "model_hub_mixin"]
>>> card.data.library_name
"keras-nlp"
"""


def test_the_pytorch_example_of_the_integration_guide() -> None:
    names = run(PYTORCH, {"__name__": "page"})
    assert sorted(os.listdir("path/to/my-awesome-model")) == [
        "README.md",
        "anyhub.json",
        "config.json",
        "model.safetensors",
    ]
    saved = names["MyModel"].from_pretrained("path/to/my-awesome-model")
    assert torch.equal(saved.param, names["model"].param)
    assert saved._hub_mixin_config == {"hidden_size": 128, "vocab_size": 30000, "output_size": 4}


GENERIC = """\
>>> from anyhub import ModelHubMixin

# Inherit from ModelHubMixin
>>> class MyCustomModel(
...         ModelHubMixin,
...         library_name="my-library",
...         tags=["x-custom-tag", "arxiv:2304.12244"],
...         repo_url="https://github.com/huggingface/my-cool-library",
...         docs_url="https://huggingface.co/docs/my-cool-library",
...         # ^ optional metadata to generate model card
...     ):
...     def __init__(self, size: int = 512, device: str = "cpu"):
...         # define how to initialize your model
...         super().__init__()
...         self.size = size
...         self.device = device
...
...     def _save_pretrained(self, save_directory: Path) -> None:
...         # define how to serialize your model
...         (save_directory / "model.txt").write_text("x" * self.size)
...
...     @classmethod
...     def _from_pretrained(
...         cls,
...         *,
...         model_id: str,
...         revision: Optional[str],
...         cache_dir: Optional[Union[str, Path]],
...         force_download: bool,
...         proxies: Optional[Dict],
...         resume_download: Optional[bool],
...         local_files_only: bool,
...         token: Optional[Union[str, bool]],
...         **model_kwargs,
...     ):
...         # define how to deserialize your model
...         path = hf_hub_download(model_id, "model.txt", revision=revision, cache_dir=cache_dir, token=token)
...         model = cls(**model_kwargs)
...         assert len(Path(path).read_text()) == model.size
...         return model

>>> model = MyCustomModel(size=256, device="gpu")

# Save model weights to local directory
>>> model.save_pretrained("my-awesome-model")

# Push model weights to the Hub
>>> model.push_to_hub("my-awesome-model")

# Download and initialize weights from the Hub
>>> reloaded_model = MyCustomModel.from_pretrained("username/my-awesome-model")
>>> reloaded_model.size
256

# Model card has been correctly populated
>>> from anyhub import ModelCard
>>> card = ModelCard.load("username/my-awesome-model")
>>> card.data.tags
["x-custom-tag", "arxiv:2304.12244", "model_hub_mixin"]
>>> card.data.library_name
"my-library"
"""


def test_the_generic_example_of_the_mixins_page() -> None:
    given = {"Path": Path, "Optional": Optional, "Union": Union, "Dict": Dict, "hf_hub_download": hf_hub_download}  # noqa: UP006
    names = run(GENERIC, {"__name__": "page", **given})
    assert names["reloaded_model"].device == "gpu"
    assert sorted(os.listdir("my-awesome-model")) == ["README.md", "anyhub.json", "config.json", "model.txt"]


class PageMixin(ModelHubMixin):
    """The PyTorch mixin as the integration guide writes it, with a hook of the older kind."""

    def _save_pretrained(self, save_directory: Path) -> None:
        save_model_as_safetensor(self.module, str(save_directory / SAFETENSORS_SINGLE_FILE))

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str,
        cache_dir: str,
        force_download: bool,
        proxies: Optional[Dict],  # noqa: UP006, UP045
        resume_download: bool,
        local_files_only: bool,
        token: Union[str, bool, None],  # noqa: UP007
        map_location: str = "cpu",
        strict: bool = False,
        **model_kwargs,
    ):
        model = cls(**model_kwargs)
        if os.path.isdir(model_id):
            model_file = os.path.join(model_id, SAFETENSORS_SINGLE_FILE)
            return cls._load_as_safetensor(model, model_file, map_location, strict)

        model_file = hf_hub_download(
            repo_id=model_id,
            filename=SAFETENSORS_SINGLE_FILE,
            revision=revision,
            cache_dir=cache_dir,
            force_download=force_download,
            proxies=proxies,
            resume_download=resume_download,
            token=token,
            local_files_only=local_files_only,
        )
        return cls._load_as_safetensor(model, model_file, map_location, strict)

    @classmethod
    def _load_as_safetensor(cls, model: Any, model_file: str, map_location: str, strict: bool) -> Any:
        load_model_as_safetensor(model.module, model_file, strict=strict, device=map_location)
        return model


class Holder(PageMixin):
    def __init__(self, size: int = 2) -> None:
        self.module = nn.Linear(size, size)


def test_a_mixin_written_as_the_integration_guide_shows() -> None:
    model = Holder(size=5)
    model.save_pretrained("holder")
    model.push_to_hub("holder")
    for source in ("holder", "username/holder"):
        loaded = Holder.from_pretrained(source, strict=True)
        assert torch.equal(loaded.module.weight, model.module.weight)


# The helpers of the integration guide, for a library whose models are texts.


def load_model(path: str) -> str:
    return Path(path).read_text()


def save_model(model: str, path: Path) -> None:
    path.write_text(model)


def generate_model_card(model: str) -> str:
    return f"---\nlicense: mit\n---\n# {model}\n"


def from_pretrained(model_id: str) -> str:
    # Download model from Hub
    cached_model = hf_hub_download(
        repo_id=model_id,
        filename="model.pkl",
        library_name="fastai",
        library_version="2.7.0",
    )

    # Load model
    return load_model(cached_model)


def push_to_hub(model: str, repo_name: str) -> str:
    api = HfApi()

    # Create repo if not existing yet and get the associated repo_id
    repo_id = api.create_repo(repo_name, exist_ok=True)

    # Save all files in a temporary directory and push them in a single commit
    with TemporaryDirectory() as tmpdir:
        tmpdir = Path(tmpdir)

        # Save weights
        save_model(model, tmpdir / "model.pkl")

        # Generate model card
        card = generate_model_card(model)
        (tmpdir / "README.md").write_text(card)

        # Push to hub
        return api.upload_folder(repo_id=repo_id, folder_path=tmpdir)


def test_the_helpers_of_the_integration_guide() -> None:
    first = push_to_hub("one", "helped")
    assert from_pretrained("username/helped") == "one"
    assert push_to_hub("one", "helped") == first
    push_to_hub("two", "helped")
    assert from_pretrained("helped") == "two"
    assert ModelCard.load("username/helped").data.license == "mit"
    assert [commit.commit_id for commit in HfApi().list_repo_commits("helped")][1] == first.rpartition("/")[2]
