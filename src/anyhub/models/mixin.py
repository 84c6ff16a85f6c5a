"""The mixin that gives a model class of any framework `save_pretrained`, `push_to_hub` and `from_pretrained`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from anyhub.models import creation, derived
from anyhub.models.mixin_info import STATED, MixinInfo
from anyhub.models.options import overridable

if TYPE_CHECKING:
    from pathlib import Path

    from anyhub.cards.eval_result import EvalResult
    from anyhub.hub.interface import Hub
    from anyhub.models.config.values import Coders
    from anyhub.repocard.repo_card import ModelCard

M = TypeVar("M", bound="ModelHubMixin")
"""For `from_pretrained`: the completion of notebooks and editors (jedi) understands this, and not `Self`."""


class ModelHubMixin:
    """Gives a model class of any framework `save_pretrained`, `push_to_hub` and `from_pretrained`.

    A class that inherits from it implements two hooks, `_save_pretrained` and `_from_pretrained`. The arguments that a
    model is constructed with are stored in its ``config.json``, and given to the class again when it is loaded. What is
    said of the library in the class definition goes into the card of each model; a subclass inherits it.

    Args:
        repo_url (`str`, *optional*): Where the source of the library is.
        paper_url (`str`, *optional*): Where the paper is.
        docs_url (`str`, *optional*): Where the documentation of the library is.
        model_card_template (`str`, *optional*): The template of the card; see `ModelCard.from_template`.
        language (`str` or `list[str]`, *optional*): Languages of the model's input, as ISO 639 codes.
        library_name (`str`, *optional*): The library that loads the model.
        license (`str`, *optional*): The model's license, such as `"apache-2.0"`.
        license_name (`str`, *optional*): What the license is called, when ``license`` is `"other"`.
        license_link (`str`, *optional*): Where that license is.
        pipeline_tag (`str`, *optional*): The model's task, such as `"text-classification"`.
        tags (`list[str]`, *optional*): Words to find the model by; those of the bases come after them.
        coders (`dict[type, tuple[Callable, Callable]]`, *optional*): An encoder and a decoder for each type of argument
            that JSON does not know; those of the bases count as well.
        kwargs: For other bases of the class.

    Raises:
        UnexpectedArgumentError: When a keyword is none of these, and no other base takes any.

    Example::

        >>> class Scaler(ModelHubMixin, library_name="scalers", tags=["tabular"]):
        ...     def __init__(self, factor: float = 1.0):
        ...         self.factor = factor
        ...
        ...     def _save_pretrained(self, save_directory):
        ...         (save_directory / "scaler.txt").write_text(str(self.factor))
        ...
        ...     @classmethod
        ...     def _from_pretrained(cls, *, model_id, revision, **kwargs):
        ...         return cls(kwargs["factor"])

        >>> Scaler(factor=2.0).push_to_hub("my-scaler")
        >>> Scaler.from_pretrained("username/my-scaler").factor
        2.0
    """

    _hub_mixin_stated: ClassVar[dict[str, Any]] = {"tags": ["model_hub_mixin"]}
    _hub_mixin_info: ClassVar[MixinInfo] = MixinInfo(_hub_mixin_stated)
    _hub_mixin_coders: ClassVar[Mapping[type, Any]] = {}
    _hub_mixin_files: ClassVar[tuple[str, ...]] = ()
    """Wildcards of the files that make up a checkpoint; those that a save does not write anew are removed by it.

    ``{variant}`` in one stands for nothing, or for a dot and the variant that is saved.
    """

    _hub_mixin_options: ClassVar[tuple[str, ...]] = ()
    """What `_from_pretrained` takes for itself, beside what `from_pretrained` does, and not for `__init__`."""

    _hub_mixin_framework: ClassVar[str | None] = None
    """What the framework is called, in cards."""

    _hub_mixin_packages: ClassVar[tuple[str, ...]] = ()
    """The packages of the framework, whose versions are noted in each checkpoint."""

    _hub_mixin_init_parameters = derived.Derived(derived.init_parameters)
    _hub_mixin_jsonable_default_values = derived.Derived(derived.jsonable_default_values)
    _hub_mixin_jsonable_custom_types = derived.Derived(derived.jsonable_custom_types)
    _hub_mixin_inject_config = derived.Derived(derived.takes_config)

    _hub_mixin_config: Any = None
    _hub_mixin_capture: Any = None

    def __init_subclass__(
        cls,
        *,
        repo_url: str | None = None,
        paper_url: str | None = None,
        docs_url: str | None = None,
        model_card_template: str | None = None,
        language: str | list[str] | None = None,
        library_name: str | None = None,
        license: str | None = None,
        license_name: str | None = None,
        license_link: str | None = None,
        pipeline_tag: str | None = None,
        tags: list[str] | None = None,
        coders: Coders | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            creation.check_keywords(cls, kwargs, ModelHubMixin)
        super().__init_subclass__(**kwargs)
        given = {
            "repo_url": repo_url,
            "paper_url": paper_url,
            "docs_url": docs_url,
            "model_card_template": model_card_template,
            "language": language,
            "library_name": library_name,
            "license": license,
            "license_name": license_name,
            "license_link": license_link,
            "pipeline_tag": pipeline_tag,
            "tags": None if tags is None else [tags] if isinstance(tags, str) else list(tags),
            "coders": coders,
        }
        stated = {name: value for name, value in given.items() if value is not None}
        # `dataclass(slots=True)` makes the class a second time, without keywords: what was said first still holds.
        setattr(cls, STATED, {**vars(cls).get(STATED, {}), **stated})
        cls._hub_mixin_info = MixinInfo.of(cls)
        cls._hub_mixin_coders = _coders_of(cls)
        creation.remember_always(cls, ModelHubMixin.__new__)
        creation.remember_names(cls)

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Self:
        """Make the instance and remember the arguments, before `__init__` can change them."""
        instance: Self = creation.make(super().__new__, cls, args, kwargs)
        creation.remember(instance, args, kwargs)
        return instance

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
        **kwargs: Any,
    ) -> str | None:
        """Save the model in a folder: all of it, or, when anything fails, what the folder held before stays.

        Args:
            save_directory (`str` or `Path`): The folder; made when it is missing. Files in it that do not belong to a
                checkpoint stay, and so does what somebody wrote or edited of the card.
            config (`dict` or dataclass, *optional*): The configuration to store in place of the ``config`` argument
                that the model was constructed with; without such an argument, keys that win over the others.
            repo_id (`str`, *optional*): Where to push, which the card says, too; the name of the folder when None.
            push_to_hub (`bool`): Whether to push what the folder then holds.
            model_card_kwargs (`dict`, *optional*): What `generate_model_card` is given.
            license (`str`, *optional*): The license of this checkpoint, such as `"apache-2.0"`. This and the next seven
                go into the metadata of its card, also of one that somebody wrote or edited, before what it says there.
                They hold for later saves to the same place, until one says something else.
            language (`str` or `list[str]`, *optional*): Languages of the model's input, as ISO 639 codes.
            datasets (`str` or `list[str]`, *optional*): The data sets it was trained on.
            base_model (`str` or `list[str]`, *optional*): The repositories of the models that it was made from.
            metrics (`str` or `list[str]`, *optional*): The metrics it was evaluated by.
            eval_results (`EvalResult` or `list[EvalResult]`, *optional*): How it was evaluated; added to the results
                that there are, of which those of the same measurement get the new value.
            tags (`str` or `list[str]`, *optional*): Words to find it by, beside those of the class.
            pipeline_tag (`str`, *optional*): Its task, such as `"text-classification"`.
            kwargs: Options that the class's `_save_pretrained` names, and more arguments for `push_to_hub`.

        Returns:
            `str`, *optional*: The address of the commit, when pushed.

        Raises:
            ValidationError: When JSON has no form for ``config``, a card has none for what it is to say,
                ``save_directory`` is empty or a file, or neither `_save_pretrained` nor `push_to_hub` has an option of
                that name.
            DiskFullError, ReadOnlyError, StorageError: When the folder can not be made or written.
        """
        from anyhub.models import checkpoint
        from anyhub.models.facts import Facts
        from anyhub.models.options import stated, subfolder_named

        folder = checkpoint.folder_named(save_directory)
        name = repo_id or folder.absolute().name
        said = stated(
            license=license,
            language=language,
            datasets=datasets,
            base_model=base_model,
            metrics=metrics,
            eval_results=eval_results,
            tags=tags,
            pipeline_tag=pipeline_tag,
        )
        details = checkpoint.Details(
            config=config,
            card_kwargs=model_card_kwargs or {},
            facts=Facts.of(**said),
            options=_options_for_hook(self, kwargs),
            name=name.rpartition("/")[2],
            repo_id=name if push_to_hub else repo_id,
            subfolder=subfolder_named(kwargs.get("subfolder")) if push_to_hub else "",
        )
        saved = checkpoint.save(self, folder, details)
        if not push_to_hub:
            return None
        from anyhub.models.publish import saved_in

        if saved.config is not None:
            kwargs["config"] = saved.config
        with saved_in(self, folder, saved):
            return self.push_to_hub(repo_id=name, model_card_kwargs=dict(details.card_kwargs), **said, **kwargs)

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
        **options: Any,
    ) -> str:
        """Push the model to a repository, as one commit; nothing is committed when the repository has it already.

        Args:
            repo_id (`str`): The repository, such as `"username/my-model"`; made when it is missing.
            config (`dict` or dataclass, *optional*): As for `save_pretrained`.
            commit_message (`str`): The title of the commit.
            private (`bool`, *optional*): Whether a new repository is private; it is public when None.
            token (`str`, *optional*): The credential for the hub.
            branch (`str`, *optional*): The branch to push to; `"main"` when None.
            create_pr (`bool`, *optional*): Whether to open a pull request instead of changing the branch.
            allow_patterns (`list[str]` or `str`, *optional*): Push only files that match one of these.
            ignore_patterns (`list[str]` or `str`, *optional*): Push no files that match one of these.
            delete_patterns (`list[str]` or `str`, *optional*): Remove files from the repository that match one of these
                and are not pushed.
            model_card_kwargs (`dict`, *optional*): What `generate_model_card` is given.
            license, language, datasets, base_model, metrics, eval_results, tags, pipeline_tag: As for
                `save_pretrained`; the place is the branch, and the subfolder of it.
            subfolder (`str`, *optional*): The folder of the repository that the files go to, but for the card. All
                patterns are of whole paths in the repository.
            endpoint (`str`, `Path` or `Hub`, *optional*): The hub; the default one when None.
            options: Options that the class's `_save_pretrained` names.

        Returns:
            `str`: The address of the commit that the branch, or the pull request, is at.

        Raises:
            RevisionNotFoundError: When the repository has no such branch.
            EditConflictError: When another writer changed the same files meanwhile.
            ValidationError, DiskFullError, ReadOnlyError: As `save_pretrained` does, and when ``private`` is no bool.
                The hub is as it was then: a repository that was missing is missing again.
        """
        from anyhub.models.checkpoint import Details
        from anyhub.models.facts import Facts
        from anyhub.models.options import subfolder_named
        from anyhub.models.publish import Push, publish

        facts = Facts.of(
            license=license,
            language=language,
            datasets=datasets,
            base_model=base_model,
            metrics=metrics,
            eval_results=eval_results,
            tags=tags,
            pipeline_tag=pipeline_tag,
        )
        push = Push(
            repo_id=repo_id,
            details=Details(
                config=config,
                card_kwargs=model_card_kwargs or {},
                facts=facts,
                options=options,
                name=str(repo_id).rpartition("/")[2],
                subfolder=subfolder_named(subfolder),
            ),
            message=commit_message,
            private=private,
            branch=branch,
            create_pr=bool(create_pr),
            allow_patterns=allow_patterns,
            ignore_patterns=ignore_patterns,
            delete_patterns=delete_patterns,
        )
        return publish(self, push, endpoint, token)

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
        **model_kwargs: Any,
    ) -> M:
        """Load a model from a folder or a repository, with the arguments that it was constructed with.

        Args:
            pretrained_model_name_or_path (`str` or `Path`): A folder, if there is one of that name; else a repository.
            force_download (`bool`): Whether to fetch files again that are in the cache.
            resume_download (`bool`, *optional*): Passed on to hooks that name it.
            proxies (`dict[str, str]`, *optional*): Passed on to hooks that name it.
            token (`str` or `bool`, *optional*): The credential for the hub.
            cache_dir (`str` or `Path`, *optional*): The cache; the default one when None.
            local_files_only (`bool`): Whether to load from the cache without asking the hub.
            revision (`str`, *optional*): A branch, tag or commit; `"main"` when None. It is resolved once, so that all
                files are of one commit.
            endpoint (`str`, `Path` or `Hub`, *optional*): The hub; the default one when None.
            model_kwargs: Arguments for the class, which win over those that were stored, and for its hook. A name that
                this method or the hook takes is theirs, but for ``subfolder``, ``variant``, ``dtype`` and ``device``
                where the class has an argument of that name. ``subfolder``, for a hook that names it, is where
                ``config.json`` is, too.

        Returns:
            The model, as the class's `_from_pretrained` made it.

        Raises:
            ValidationError: When the name is empty, or no name at all, or the hook has no option of that name.
            RepositoryNotFoundError, RevisionNotFoundError: When the hub has none of that name.
            EntryNotFoundError: When it is a path and there is no such folder, or a file of the model is missing.
            LocalEntryNotFoundError: When something is not in the cache and ``local_files_only`` is set.
            CorruptFileError: When ``config.json`` can not be read.
        """
        from anyhub import collector

        with collector.paused():
            from anyhub.models.load import load
            from anyhub.models.source import Source

            source = Source(
                name=pretrained_model_name_or_path,
                revision=revision,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
                token=token,
                proxies=proxies,
                resume_download=resume_download,
            )
            model: M = load(cls, source, model_kwargs, endpoint)
        return model

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:  # noqa: ARG002 - for overriding classes
        """Return the card of the model, made from the class's template and metadata.

        Args:
            kwargs: Values for the names of the template, or for keys of the metadata; they win over those of the class.
        """
        from anyhub.models.generated_card import generated_card

        return generated_card(self, kwargs)

    @overridable
    def _save_pretrained(self, save_directory: Path) -> None:
        """Write the model into a folder; every class implements it.

        Args:
            save_directory (`Path`): An empty folder. A ``config.json`` or ``README.md`` written here is kept.
        """
        raise NotImplementedError(
            f"{type(self).__name__} can not be saved yet; give it `def _save_pretrained(self, save_directory): …`, "
            "which writes the model into that folder."
        )

    @classmethod
    @overridable
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **model_kwargs: Any,
    ) -> Self:
        """Load a model; every class implements it.

        It may name ``proxies`` and ``resume_download`` too, and ``config`` for all that the ``config.json`` holds.

        Args:
            model_id (`str`): A folder or a repository.
            revision (`str`, *optional*): The full id of a commit; for a folder, what the caller gave.
            cache_dir, force_download, local_files_only, token: For `hf_hub_download`.
            model_kwargs: The arguments to construct the class with.
        """
        raise NotImplementedError(
            f"{cls.__name__} can not be loaded yet; give it `@classmethod def _from_pretrained(cls, *, model_id, "
            "revision, cache_dir, force_download, local_files_only, token, **model_kwargs): …`, which returns it."
        )


def _options_for_hook(model: ModelHubMixin, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return those keywords of `save_pretrained` that are not for `push_to_hub`, or are for both."""
    from anyhub.models.hooks import names_of

    for_hook, _ = names_of(model._save_pretrained)
    for_push = names_of(ModelHubMixin.push_to_hub)[0] | names_of(model.push_to_hub)[0]
    return {name: value for name, value in kwargs.items() if name in for_hook or name not in for_push}


def _coders_of(cls: type) -> dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    coders = {}
    for base in reversed(cls.__mro__):
        coders.update(vars(base).get(STATED, {}).get("coders", {}))
    return coders
