"""The mixin for PyTorch modules: weights in safetensors, loaded without being copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from anyhub.constants import PYTORCH_WEIGHTS_NAME, SAFETENSORS_INDEX_FILE, SAFETENSORS_SINGLE_FILE
from anyhub.errors import EntryNotFoundError, UnsupportedError
from anyhub.models.mixin import ModelHubMixin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from anyhub.repocard.repo_card import ModelCard


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
        SAFETENSORS_SINGLE_FILE,
        SAFETENSORS_INDEX_FILE,
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
        from anyhub.models.config.parameters import Parameters
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

        arguments, keywords = Parameters.of(cls).spread({**withheld_arguments(), **model_kwargs})
        built: list[Any] = []

        def build() -> torch.nn.Module:
            built[:] = [cls(*arguments, **keywords)]  # the loader may begin anew: the last one counts
            return _module_of(built[0])

        weights = _find_weights(fetch)
        if weights.name == PYTORCH_WEIGHTS_NAME:
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


def _find_weights(fetch: Callable[[str], Path]) -> Path:
    """Return the file of the weights: safetensors, or, where there are none, a pickle.

    Raises:
        UnsupportedError: When the checkpoint is spread over several files.
        EntryNotFoundError: When there are no weights; names the file of safetensors.
    """
    try:
        return fetch(SAFETENSORS_SINGLE_FILE)
    except EntryNotFoundError as missing:
        if pickle := _fetch_if_there(fetch, PYTORCH_WEIGHTS_NAME):
            return pickle
        if _fetch_if_there(fetch, SAFETENSORS_INDEX_FILE):
            raise UnsupportedError(
                f"The weights are spread over the files that {SAFETENSORS_INDEX_FILE!r} lists, and this version of "
                "anyhub loads a single file; load them with the library that wrote them, and save them as "
                f"{SAFETENSORS_SINGLE_FILE!r}."
            ) from None
        raise missing from None


def _fetch_if_there(fetch: Callable[[str], Path], filename: str) -> Path | None:
    try:
        return fetch(filename)
    except EntryNotFoundError:
        return None
