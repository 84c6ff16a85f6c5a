"""The mixin for PyTorch modules: weights in safetensors, loaded without being copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from anyhub.errors import EntryNotFoundError
from anyhub.models.mixin import ModelHubMixin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from anyhub.models.model_card import ModelCard

SAFETENSORS_NAME = "model.safetensors"
PICKLE_NAME = "pytorch_model.bin"


class PyTorchModelHubMixin(ModelHubMixin, tags=["pytorch_model_hub_mixin"]):
    """Gives a PyTorch module `save_pretrained`, `push_to_hub` and `from_pretrained`.

    A loaded model is in evaluation mode, in which dropout does nothing; to train it, call its ``train()`` first. See
    `ModelHubMixin` for the keywords of the class definition.

    Example::

        >>> class Digits(nn.Module, PyTorchModelHubMixin, pipeline_tag="image-classification"):
        ...     def __init__(self, hidden_size: int = 64):
        ...         super().__init__()
        ...         self.layers = nn.Sequential(nn.Linear(64, hidden_size), nn.ReLU(), nn.Linear(hidden_size, 10))

        >>> Digits(hidden_size=32).push_to_hub("digits")
        >>> model = Digits.from_pretrained("username/digits")
    """

    _hub_mixin_files: ClassVar[tuple[str, ...]] = (
        SAFETENSORS_NAME,
        "model.safetensors.index.json",
        "model-*-of-*.safetensors",
    )
    _hub_mixin_options: ClassVar[tuple[str, ...]] = ("map_location", "strict", "load_mode")

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        """Return the card of the model, as `ModelHubMixin` does, with the number of its parameters."""
        from anyhub.frameworks import pytorch

        count = sum(pytorch.describe(_module_of(self)).values())
        return super().generate_model_card(*args, **{"parameter_count": count, **kwargs})

    def _save_pretrained(self, save_directory: Path) -> None:
        from anyhub.frameworks import pytorch

        pytorch.save_module(_module_of(self), save_directory)

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,  # noqa: ARG003 - this and the next two are for hubs on the network
        proxies: dict[str, str] | None = None,  # noqa: ARG003
        resume_download: bool | None = None,  # noqa: ARG003
        map_location: str | torch.device = "cpu",
        strict: bool = False,
        load_mode: Literal["map", "copy"] = "map",
        **model_kwargs: Any,
    ) -> Self:
        """Load a model from safetensors, or, where there are none, from a pickle of nothing but tensors.

        Args:
            model_id, revision, cache_dir, force_download, local_files_only, token: As for `ModelHubMixin`.
            proxies, resume_download: As for `hf_hub_download`.
            map_location (`str` or `torch.device`): Where the weights are to be.
            strict (`bool`): Whether missing or unexpected weights are an error; else a warning names them.
            load_mode (`str`): `"map"` to use the bytes of the file where they are, `"copy"` for memory of its own.
            model_kwargs: The arguments to construct the class with.
        """

        from anyhub.frameworks import pytorch
        from anyhub.models.load import fetch_for, withheld_arguments

        def fetch(filename: str) -> Path:
            return fetch_for(
                model_id,
                filename,
                revision=revision,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
            )

        arguments = {**withheld_arguments(), **model_kwargs}
        built: list[Any] = []

        def build() -> torch.nn.Module:
            built[:] = [cls(**arguments)]  # the loader may begin anew: the last one counts
            return _module_of(built[0])

        weights = _first_of(fetch, SAFETENSORS_NAME, PICKLE_NAME)
        if weights.name == PICKLE_NAME:
            pytorch.load_pickle(build, weights, map_location=map_location, strict=strict)
        else:
            pytorch.load_module(build, weights, map_location=map_location, strict=strict, load_mode=load_mode)
        model: Self = built[0].eval()
        return model


def _module_of(model: Any) -> torch.nn.Module:
    """Return the module that has the weights: that inside of torch's own wrappers, else the model itself."""
    from torch.nn.parallel import DataParallel, DistributedDataParallel

    module: torch.nn.Module = model.module if isinstance(model, DataParallel | DistributedDataParallel) else model
    return module


def _first_of(fetch: Callable[[str], Path], preferred: str, other: str) -> Path:
    """Return the preferred file, else the other one; when there is neither, say that the preferred one is missing."""
    try:
        return fetch(preferred)
    except EntryNotFoundError as missing:
        try:
            return fetch(other)
        except EntryNotFoundError:
            raise missing from None
