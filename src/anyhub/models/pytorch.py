"""The mixin for PyTorch modules: weights in safetensors, loaded without being copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from anyhub.errors import UnsupportedError, ValidationError
from anyhub.models.mixin import ModelHubMixin
from anyhub.models.options import NOT_GIVEN, given, overridable, stated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from anyhub.cards.eval_result import EvalResult
    from anyhub.frameworks.pytorch.locations import MapLocation
    from anyhub.hub.interface import Hub
    from anyhub.models.weights import Weights
    from anyhub.repocard.repo_card import ModelCard

M = TypeVar("M", bound="PyTorchModelHubMixin")

_NUMBER = "[0-9]" * 5
_MAX_SHARD_SIZE = "50GB"
"""Every reader finds a single file, so there are several only where one would be hard to handle."""


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
        "model{variant}.safetensors",
        f"model{{variant}}-{_NUMBER}-of-{_NUMBER}.safetensors",
        "model.safetensors.index{variant}.json",
    )
    _hub_mixin_options: ClassVar[tuple[str, ...]] = ("map_location", "strict", "load_mode")
    _hub_mixin_framework: ClassVar[str | None] = "PyTorch"
    _hub_mixin_packages: ClassVar[tuple[str, ...]] = ("torch", "safetensors")

    def save_pretrained(
        self,
        save_directory: str | Path,
        *,
        config: Any = None,
        repo_id: str | None = None,
        push_to_hub: bool = False,
        model_card_kwargs: dict[str, Any] | None = None,
        license: str | None = None,
        language: str | list[str] | None = None,
        datasets: str | list[str] | None = None,
        base_model: str | list[str] | None = None,
        metrics: str | list[str] | None = None,
        eval_results: EvalResult | list[EvalResult] | None = None,
        tags: str | list[str] | None = None,
        pipeline_tag: str | None = None,
        max_shard_size: int | str | None = None,
        variant: str | None = None,
        **kwargs: Any,
    ) -> str | None:
        """Save the model in a folder, as `ModelHubMixin.save_pretrained` does.

        Args:
            save_directory, config, repo_id, push_to_hub, model_card_kwargs: As there.
            license, language, datasets, base_model, metrics, eval_results, tags, pipeline_tag: As there.
            max_shard_size (`int` or `str`, *optional*): The most bytes of tensors in one file, such as `"5GB"`; what
                is larger is spread over several, with an index beside them. 50 GB when None.
            variant (`str`, *optional*): A name for these weights beside others of the same model: `"fp16"` makes
                ``model.fp16.safetensors``, and leaves the files of all other variants as they are.
            kwargs: As there.
        """
        return super().save_pretrained(
            save_directory,
            config=config,
            repo_id=repo_id,
            push_to_hub=push_to_hub,
            model_card_kwargs=model_card_kwargs,
            license=license,
            language=language,
            datasets=datasets,
            base_model=base_model,
            metrics=metrics,
            eval_results=eval_results,
            tags=tags,
            pipeline_tag=pipeline_tag,
            **stated(max_shard_size=max_shard_size, variant=variant),
            **kwargs,
        )

    def push_to_hub(
        self,
        repo_id: str,
        *,
        config: Any = None,
        commit_message: str = "Push model using anyhub.",
        private: bool | None = None,
        token: str | None = None,
        branch: str | None = None,
        create_pr: bool | None = None,
        allow_patterns: list[str] | str | None = None,
        ignore_patterns: list[str] | str | None = None,
        delete_patterns: list[str] | str | None = None,
        model_card_kwargs: dict[str, Any] | None = None,
        license: str | None = None,
        language: str | list[str] | None = None,
        datasets: str | list[str] | None = None,
        base_model: str | list[str] | None = None,
        metrics: str | list[str] | None = None,
        eval_results: EvalResult | list[EvalResult] | None = None,
        tags: str | list[str] | None = None,
        pipeline_tag: str | None = None,
        subfolder: str | None = None,
        endpoint: str | Path | Hub | None = None,
        max_shard_size: int | str | None = None,
        variant: str | None = None,
        **options: Any,
    ) -> str:
        """Push the model to a repository, as one commit or none, as `ModelHubMixin.push_to_hub` does.

        Args:
            repo_id, config, commit_message, private, token, branch, create_pr: As there.
            allow_patterns, ignore_patterns, delete_patterns, model_card_kwargs: As there.
            license, language, datasets, base_model, metrics, eval_results, tags, pipeline_tag: As there.
            subfolder, endpoint: As there.
            max_shard_size, variant: As for `save_pretrained`.
            options: As there.

        Returns:
            `str`: The address of the commit that the branch, or the pull request, is at.
        """
        return super().push_to_hub(
            repo_id,
            config=config,
            commit_message=commit_message,
            private=private,
            token=token,
            branch=branch,
            create_pr=create_pr,
            allow_patterns=allow_patterns,
            ignore_patterns=ignore_patterns,
            delete_patterns=delete_patterns,
            model_card_kwargs=model_card_kwargs,
            license=license,
            language=language,
            datasets=datasets,
            base_model=base_model,
            metrics=metrics,
            eval_results=eval_results,
            tags=tags,
            pipeline_tag=pipeline_tag,
            subfolder=subfolder,
            endpoint=endpoint,
            **stated(max_shard_size=max_shard_size, variant=variant),
            **options,
        )

    @classmethod
    def from_pretrained(
        cls: type[M],
        /,
        pretrained_model_name_or_path: str | Path,
        *,
        force_download: bool = False,
        resume_download: bool | None = None,
        proxies: dict[str, str] | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        endpoint: str | Path | Hub | None = None,
        map_location: MapLocation = NOT_GIVEN,
        device: str | int | torch.device | None = NOT_GIVEN,
        dtype: str | torch.dtype | None = NOT_GIVEN,
        strict: bool = NOT_GIVEN,
        subfolder: str | None = NOT_GIVEN,
        variant: str | None = NOT_GIVEN,
        load_mode: Literal["map", "copy"] = NOT_GIVEN,
        **model_kwargs: Any,
    ) -> M:
        """Load a model from a folder or a repository, as `ModelHubMixin.from_pretrained` does.

        An argument of the class that is called ``device``, ``dtype``, ``subfolder`` or ``variant`` is the class's; the
        option of that name can not be given then.

        Args:
            pretrained_model_name_or_path, revision, subfolder: As there; all files are in ``subfolder``.
            force_download, resume_download, proxies, token, cache_dir, local_files_only, endpoint: As there.
            map_location: Where the weights are to be, in any form that `torch.load` takes; the CPU when not given.
            device: Another name for ``map_location``.
            dtype (`torch.dtype` or `str`, *optional*): What floating-point weights are converted to; without it they
                keep the dtype that they have in the file.
            strict (`bool`): Whether missing or unexpected weights are an error; else a warning names them.
            variant (`str`, *optional*): Which of several sets of weights, such as `"fp16"`.
            load_mode (`str`): `"map"`, the default, to use the bytes of the file where they are, `"copy"` for memory of
                its own.
            model_kwargs: Arguments for the class, which win over those that were stored.

        Returns:
            The model, in evaluation mode.

        Raises:
            CheckpointMismatchError: When the weights do not fit the model.
            MissingArgumentError: When the class needs an argument that was not stored; names all such.
            UnsafeFileError: When the weights are a pickle of more than tensors.
            ValidationError: When ``device`` and ``map_location`` differ, or an option is none that there is.
            RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError, CorruptFileError: As there.
        """
        return super().from_pretrained(
            pretrained_model_name_or_path,
            force_download=force_download,
            resume_download=resume_download,
            proxies=proxies,
            token=token,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
            revision=revision,
            endpoint=endpoint,
            **given(
                map_location=map_location,
                device=device,
                dtype=dtype,
                strict=strict,
                subfolder=subfolder,
                variant=variant,
                load_mode=load_mode,
            ),
            **model_kwargs,
        )

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        """Return the card of the model, as `ModelHubMixin` does, with the number of its parameters of each dtype."""
        from anyhub.frameworks import pytorch

        counts = pytorch.describe(_module_of(self))
        described = {"parameters": counts, "parameter_count": sum(counts.values())}
        return super().generate_model_card(*args, **{**described, **kwargs})

    @overridable
    def _save_pretrained(
        self, save_directory: Path, *, max_shard_size: int | str | None = None, variant: str | None = None
    ) -> None:
        from anyhub.frameworks import pytorch

        size = _MAX_SHARD_SIZE if max_shard_size is None else _checked_size(max_shard_size)
        pytorch.save_module(_module_of(self), save_directory, max_shard_size=size, variant=variant)

    @classmethod
    @overridable
    def _from_pretrained(
        cls,
        /,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,  # noqa: ARG003 - this and the next two are for hubs on the network
        proxies: dict[str, str] | None = None,  # noqa: ARG003
        resume_download: bool | None = None,  # noqa: ARG003
        map_location: MapLocation = None,
        strict: bool = False,
        load_mode: Literal["map", "copy"] = "map",
        device: Any = NOT_GIVEN,
        dtype: Any = NOT_GIVEN,
        subfolder: Any = NOT_GIVEN,
        variant: Any = NOT_GIVEN,
        **model_kwargs: Any,
    ) -> Self:
        """Load a model from safetensors, or, where there are none, from a pickle of nothing but tensors.

        Args:
            model_id, revision, cache_dir, force_download, local_files_only, token: As for `ModelHubMixin`.
            proxies, resume_download: As for `hf_hub_download`.
            map_location, strict, load_mode: As for `from_pretrained`.
            device, dtype, subfolder, variant: As for `from_pretrained`, or arguments to construct the class with.
            model_kwargs: The arguments to construct the class with.
        """
        from anyhub.frameworks import pytorch
        from anyhub.frameworks.pytorch.conversion import wanted_dtype
        from anyhub.models.construction import Construction
        from anyhub.models.options import subfolder_named
        from anyhub.models.source import Files
        from anyhub.models.weights import find_weights

        if not isinstance(strict, bool):
            raise ValidationError(f"strict is True or False, not {strict!r}; give one of these.")
        making = Construction(cls, model_kwargs)
        options = making.take_own(given(device=device, dtype=dtype, subfolder=subfolder, variant=variant))
        place = _one_place(map_location, options.get("device"))
        files = Files(
            model_id, revision, subfolder_named(options.get("subfolder")), cache_dir, force_download, local_files_only
        )
        making.check(model_id)
        weights = find_weights(files, options.get("variant"))
        if own := _own_loader(cls, weights):
            loaded = own(making.build(), str(weights.path), "cpu" if place is None else place, strict)
            return loaded.to(wanted_dtype(options["dtype"])) if "dtype" in options else loaded  # type: ignore[no-any-return]
        load = pytorch.load_pickle if weights.is_pickle else pytorch.load_module
        load(
            lambda: _module_of(making.build()),
            weights.path,
            map_location=place,
            strict=strict,
            dtype=options.get("dtype"),
            load_mode=load_mode,
        )
        model: Self = making.built.eval()
        return model

    @classmethod
    def _load_as_safetensor(cls, model: Any, model_file: str, map_location: MapLocation, strict: bool) -> Any:
        """Load a safetensors file into a model, and return it; a class overrides this to change weights on the way.

        Args:
            model: The model, constructed.
            model_file (`str`): The file.
            map_location, strict: As for `from_pretrained`.
        """
        from pathlib import Path

        from anyhub.frameworks import pytorch

        pytorch.load_module(lambda: _module_of(model), Path(model_file), map_location=map_location, strict=strict)
        return model.eval()

    @classmethod
    def _load_as_pickle(cls, model: Any, model_file: str, map_location: MapLocation, strict: bool) -> Any:
        """Load a pickle of nothing but tensors into a model, as `_load_as_safetensor` does a safetensors file."""
        from pathlib import Path

        from anyhub.frameworks import pytorch

        pytorch.load_pickle(lambda: _module_of(model), Path(model_file), map_location=map_location, strict=strict)
        return model.eval()


def _own_loader(model_class: type[PyTorchModelHubMixin], weights: Weights) -> Callable[..., Any] | None:
    """Return the method by which a class of somebody's loads a file itself; None when it has none.

    Raises:
        UnsupportedError: When it has one, and there are several files.
    """
    name = "_load_as_pickle" if weights.is_pickle else "_load_as_safetensor"
    method: Any = getattr(model_class, name)
    if method.__func__ is getattr(PyTorchModelHubMixin, name).__func__:
        return None
    if weights.path.suffix == ".json":
        raise UnsupportedError(
            f"{model_class.__name__} has a {name} of its own, which takes one file, and the weights are in several; "
            "save them with a larger max_shard_size."
        )
    own: Callable[..., Any] = method
    return own


def _module_of(model: Any) -> torch.nn.Module:
    """Return the module that has the weights: that inside of torch's own wrappers, else the model itself.

    Raises:
        UnsupportedError: When it is none, or has not been constructed as one.
    """
    from torch import nn
    from torch.nn.parallel import DataParallel, DistributedDataParallel

    name = type(model).__name__
    if not isinstance(model, nn.Module):
        raise UnsupportedError(
            f"{name} is no torch.nn.Module, so nobody knows its weights; write class {name}(nn.Module, "
            "PyTorchModelHubMixin), or inherit from ModelHubMixin and give it hooks of its own."
        )
    if "_parameters" not in vars(model):
        raise UnsupportedError(f"{name}.__init__ has not made a module; let it begin with super().__init__().")
    module: nn.Module = model.module if isinstance(model, DataParallel | DistributedDataParallel) else model
    return module


def _checked_size(size: int | str) -> int:
    """Return the most bytes of one file.

    Raises:
        ValidationError: When it is no number of bytes that a tensor could fit in.
    """
    from anyhub.formats.shards import parse_size_to_int

    limit = parse_size_to_int(size) if isinstance(size, str) else size
    if type(limit) is int and limit > 0:
        return limit
    raise ValidationError(f"max_shard_size={size!r} is no size of a file; give bytes, or a text such as '5GB'.")


def _one_place(map_location: MapLocation, device: str | int | torch.device | None) -> MapLocation:
    """Return where a model is to be, by whichever name a caller says it.

    Raises:
        ValidationError: When the two names say different things.
    """
    if device is None or map_location is None:
        return map_location if device is None else device
    if str(map_location) != str(device):
        raise ValidationError(
            f"device={device!r} and map_location={map_location!r} are two names for one option; give one of them."
        )
    return device
