"""The metadata of a card on a hub, updated without a card in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub.cards.eval_result import EvalResult
from anyhub.cards.metadata import MODEL_INDEX
from anyhub.cards.model_index import eval_results_to_model_index, model_index_to_eval_results
from anyhub.cards.plain import plain, same
from anyhub.errors import ValidationError, did_you_mean
from anyhub.repocard.published import Message, PublishedCard
from anyhub.repocard.repo_card import DatasetCard, ModelCard, RepoCard, SpaceCard

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub

_CARDS: dict[str, type[RepoCard]] = {"model": ModelCard, "dataset": DatasetCard, "space": SpaceCard}


def metadata_eval_result(
    *,
    model_pretty_name: str,
    task_pretty_name: str,
    task_id: str,
    metrics_pretty_name: str,
    metrics_id: str,
    metrics_value: Any,
    dataset_pretty_name: str,
    dataset_id: str,
    metrics_config: str | None = None,
    metrics_verified: bool = False,
    dataset_config: str | None = None,
    dataset_split: str | None = None,
    dataset_revision: str | None = None,
    metrics_verification_token: str | None = None,
) -> dict[str, Any]:
    """Return the metadata that says one evaluation result, for `metadata_update`.

    Args:
        model_pretty_name (`str`): What the model is called, for people.
        task_pretty_name (`str`): What the task is called, for people.
        task_id (`str`): The task, such as `"automatic-speech-recognition"`.
        metrics_pretty_name (`str`): What the metric is called, for people.
        metrics_id (`str`): The metric, such as `"wer"`.
        metrics_value: What was measured: a number, or a text such as `"20.0 ± 1.2"`.
        dataset_pretty_name (`str`): What the data set is called, for people.
        dataset_id (`str`): The repository of the data set.
        metrics_config (`str`, *optional*): Which configuration of the metric.
        metrics_verified (`bool`): Whether an evaluation service has measured it.
        dataset_config (`str`, *optional*): Which configuration of the data set.
        dataset_split (`str`, *optional*): Which split of it.
        dataset_revision (`str`, *optional*): Which commit of it.
        metrics_verification_token (`str`, *optional*): The signature of the evaluation service.

    Returns:
        `dict`: ``{"model-index": [...]}``.
    """
    result = EvalResult(
        task_type=task_id,
        dataset_type=dataset_id,
        dataset_name=dataset_pretty_name,
        metric_type=metrics_id,
        metric_value=metrics_value,
        task_name=task_pretty_name,
        dataset_config=dataset_config,
        dataset_split=dataset_split,
        dataset_revision=dataset_revision,
        metric_name=metrics_pretty_name,
        metric_config=metrics_config,
        verified=metrics_verified,
        verify_token=metrics_verification_token,
    )
    return {MODEL_INDEX: eval_results_to_model_index(model_pretty_name, [result])}


def metadata_update(
    repo_id: str,
    metadata: Mapping[str, Any],
    *,
    repo_type: str | None = None,
    overwrite: bool = False,
    token: str | bool | None = None,
    commit_message: str | None = None,
    commit_description: str | None = None,
    revision: str | None = None,
    create_pr: bool = False,
    parent_commit: str | None = None,
    endpoint: str | Path | Hub | None = None,
) -> str:
    """Set keys in the metadata of a repository's card, onto the commit that the card was read from.

    Everything else in the card stays as it is. A repository without a card gets a blank one. The results of a
    ``model-index`` are added to those that are there.

    Args:
        repo_id (`str`): The repository.
        metadata: The keys to set.
        repo_type (`str`, *optional*): `"model"` (the default), `"dataset"` or `"space"`.
        overwrite (`bool`): Whether a key, or an evaluation result, that says something else may be replaced.
        token (`str` or `bool`, *optional*): The credential for the hub.
        commit_message (`str`, *optional*): The title of the commit.
        commit_description (`str`, *optional*): The body of the commit.
        revision (`str`, *optional*): The branch to read from and to commit to; ``main``, when None.
        create_pr (`bool`): Whether to open a pull request instead of changing the branch.
        parent_commit (`str`, *optional*): The commit that the branch must be at. When None, the keys are set anew in
            what another writer commits meanwhile.
        endpoint (`str`, `Path` or `Hub`, *optional*): The hub.

    Returns:
        `str`: The address of the commit.

    Raises:
        ValidationError: When ``metadata`` is no mapping, a key says something else and ``overwrite`` is False, the card
            would not be valid, or the repository is a space without a card.
        RepositoryNotFoundError, RevisionNotFoundError, ParentCommitError: When the hub says so.
    """
    if not isinstance(metadata, Mapping):
        raise ValidationError(f"metadata is a dict of the keys to set, such as {{'license': 'mit'}}, not {metadata!r}.")
    repo_type = repo_type or getattr(repo_id, "repo_type", None) or "model"
    if repo_type not in _CARDS:
        raise ValidationError(
            f"{repo_type!r} is not a repository type; use one of {', '.join(map(repr, _CARDS))}."
            + did_you_mean(str(repo_type), _CARDS)
        )
    from anyhub.api import HfApi

    def edit(content: str | None) -> str:
        card = _new_card(repo_id, repo_type) if content is None else _CARDS[repo_type](content)
        _set(card, metadata, repo_id, overwrite)
        card.validate(repo_type)
        return card.content

    title = commit_message or "Update metadata with anyhub"
    message = Message(title, commit_description, create_pr, parent_commit)
    return PublishedCard(HfApi(endpoint=endpoint, token=token), repo_id, repo_type, revision).edit(edit, message)


def _new_card(repo_id: str, repo_type: str) -> RepoCard:
    cls = _CARDS[repo_type]
    if cls is SpaceCard:
        raise ValidationError(
            f"Cannot update metadata on a Space that doesn't contain a `README.md` file; write that of {repo_id!r} "
            "first, since it says how the space is run."
        )
    return cls.from_template(cls.card_data_class())


def _set(card: RepoCard, metadata: Mapping[str, Any], repo_id: str, overwrite: bool) -> None:
    for key, value in metadata.items():
        if key == MODEL_INDEX and isinstance(card, ModelCard) and card.data.eval_results is not None:
            _add_results(card, _named(value, card.data.model_name), overwrite)
            continue
        new = _named(value, repo_id) if key == MODEL_INDEX else value
        if card.data.get(key) is not None and not overwrite and not same(card.data[key], plain(new, key)):
            raise ValidationError(
                f"You passed a new value for the existing meta data field {key!r}. Set `overwrite=True` to overwrite "
                "existing metadata."
            )
        card.data[key] = new


def _named(model_index: Any, name: str | None) -> Any:
    """Give a name to the models of a model-index that have none."""
    if not isinstance(model_index, Sequence):
        return model_index
    return [{"name": str(name), **model} if isinstance(model, Mapping) else model for model in model_index]


def _add_results(card: ModelCard, model_index: Any, overwrite: bool) -> None:
    first, results = model_index_to_eval_results(model_index)
    present = card.data.eval_results or []
    for result in results:
        name = result.model_name or first
        result.model_name = None if name == card.data.model_name else name
        _add_result(present, result, overwrite)
    card.data.eval_results = present


def _add_result(present: list[EvalResult], result: EvalResult, overwrite: bool) -> None:
    same_metric = [other for other in present if other.is_equal_except_value(result)]
    if not same_metric:
        present.append(result)
    for other in same_metric:
        if other != result and not overwrite:
            raise ValidationError(
                f"You passed a new value for the existing metric 'name: {result.metric_name}, type: "
                f"{result.metric_type}'. Set `overwrite=True` to overwrite existing metrics."
            )
        other.metric_value = result.metric_value
        if other.verified:
            other.verify_token = result.verify_token
