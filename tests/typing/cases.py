"""Code of a user, for type checkers and editors; it is read and never run.

What checkers are to say of a line stands at its end: `reveals:` a type, or `wrong:` with the code that the error has in
mypy and the rule that it has in pyright. Of a line without such a comment they are to say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, reveal_type

from torch import Tensor, nn

from anyhub import ModelHubMixin, PyTorchModelHubMixin
from anyhub.hub_mixin import PyTorchModelHubMixin as SameMixin

T = TypeVar("T")


class Model(nn.Module, PyTorchModelHubMixin, library_name="models", license="mit", tags=["small"]):
    def __init__(self, hidden_size: int = 8, *, activation: str = "relu") -> None:
        super().__init__()
        self.layer = nn.Linear(hidden_size, hidden_size)


class Special(Model):
    def describe(self) -> str:
        return "special"


class Labelled(nn.Module, PyTorchModelHubMixin, Generic[T]):
    def __init__(self, labels: list[T]) -> None:
        super().__init__()
        self.labels = labels


@dataclass
class Scaler(ModelHubMixin):
    factor: float = 1.0


class Moved(nn.Module, SameMixin):
    def __init__(self, width: int) -> None:
        super().__init__()


class Own(ModelHubMixin, coders={Path: (str, Path)}):
    def __init__(self, source: Path) -> None:
        self.source = source

    def _save_pretrained(self, save_directory: Path, *, name: str = "source.txt") -> None:
        (save_directory / name).write_text(str(self.source))

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        upper: bool = False,
        **model_kwargs: Any,
    ) -> Self:
        return cls(**model_kwargs)


class Older(nn.Module, PyTorchModelHubMixin):
    """Hooks as they were written for older releases of `huggingface_hub`: without our options, with its own."""

    def _save_pretrained(self, save_directory: Path) -> None:
        super()._save_pretrained(save_directory)

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        proxies: dict[str, str] | None,
        resume_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        map_location: str = "cpu",
        strict: bool = False,
        **model_kwargs: Any,
    ) -> Self:
        return cls(**model_kwargs)


reveal_type(Older.from_pretrained("me/older"))  # reveals: Older
reveal_type(Model.from_pretrained("me/model"))  # reveals: Model
reveal_type(Model.from_pretrained(Path("folder"), revision="v1", hidden_size=3))  # reveals: Model
reveal_type(Special.from_pretrained("me/model"))  # reveals: Special
reveal_type(Special.from_pretrained("me/model").describe())  # reveals: str
reveal_type(Labelled[str].from_pretrained("me/model"))  # reveals: Labelled[str]
reveal_type(Labelled(["a", "b"]))  # reveals: Labelled[str]
reveal_type(Scaler.from_pretrained("me/scaler"))  # reveals: Scaler
reveal_type(Scaler.from_pretrained("me/scaler").factor)  # reveals: float
reveal_type(Moved.from_pretrained("me/moved"))  # reveals: Moved
reveal_type(Own.from_pretrained("me/own", upper=True))  # reveals: Own

reveal_type(Model().push_to_hub("me/model"))  # reveals: str
reveal_type(Model().save_pretrained("folder"))  # reveals: str | None
reveal_type(Model().generate_model_card())  # reveals: ModelCard


def load(model_class: type[ModelHubMixin]) -> ModelHubMixin:
    return model_class.from_pretrained("me/model")


Model(16)
Model(hidden_size=16, activation="gelu")
Special(hidden_size=16)
Labelled([1, 2])
Scaler(2.0)
Model(hidden_size="x")  # wrong: arg-type, reportArgumentType
Model(unknown=1)  # wrong: call-arg, reportCallIssue
Model(1, "gelu")  # wrong: call-arg, reportCallIssue
Special(hidden_size="x")  # wrong: arg-type, reportArgumentType
Special(unknown=1)  # wrong: call-arg, reportCallIssue
Labelled()  # wrong: call-arg, reportCallIssue
Scaler(factor="x")  # wrong: arg-type, reportArgumentType
Scaler(unknown=1)  # wrong: call-arg, reportCallIssue
Moved()  # wrong: call-arg, reportCallIssue

Model.from_pretrained("me/model", map_location="cpu", strict=True)
Model.from_pretrained("me/model", force_download=True, local_files_only=True, token=None, cache_dir=Path("cache"))
Model.from_pretrained("me/model", proxies={"https": "proxy"}, resume_download=True)
Model.from_pretrained("me/model", endpoint="folder")
Model.from_pretrained("me/model", dtype="bfloat16", device="cuda:0", variant="fp16", subfolder="a", load_mode="copy")
Model.from_pretrained()  # wrong: call-arg, reportCallIssue
Model.from_pretrained("me/model", revision=1)  # wrong: arg-type, reportArgumentType
Model.from_pretrained("me/model", "v1")  # wrong: call-arg, reportCallIssue
Model.from_pretrained("me/model", local_files_only="yes")  # wrong: arg-type, reportArgumentType
Model.from_pretrained("me/model", dtype=16)  # wrong: arg-type, reportArgumentType
Model.from_pretrained("me/model", load_mode="lend")  # wrong: arg-type, reportArgumentType

Model().push_to_hub("me/model", commit_message="Train on", private=True, branch="dev", create_pr=True)
Model().push_to_hub("me/model", allow_patterns="*.json", ignore_patterns=["*.bin"], delete_patterns=["*"])
Model().push_to_hub("me/model", license="mit", datasets=["a", "b"], base_model="me/base", max_shard_size="1GB")
Own(Path()).push_to_hub("me/own", name="other.txt")
Model().push_to_hub()  # wrong: call-arg, reportCallIssue
Model().push_to_hub("me/model", branch=1)  # wrong: arg-type, reportArgumentType
Model().push_to_hub("me/model", private="yes")  # wrong: arg-type, reportArgumentType
Model().push_to_hub("me/model", license=3)  # wrong: arg-type, reportArgumentType
Model().push_to_hub("me/model", max_shard_size=1.5)  # wrong: arg-type, reportArgumentType

Model().save_pretrained(Path("folder"), config={"hidden_size": 8}, push_to_hub=True, repo_id="me/model")
Model().save_pretrained("folder", push_to_hub="yes")  # wrong: arg-type, reportArgumentType
Model().save_pretrained(3)  # wrong: arg-type, reportArgumentType


class Licensed(nn.Module, PyTorchModelHubMixin, license=3):  # wrong: arg-type, reportArgumentType
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs
