"""The cards of repositories: read, checked, changed and pushed. Each name is imported when it is first asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anyhub.cards.dataset_metadata import DatasetCardData
    from anyhub.cards.eval_result import EvalResult
    from anyhub.cards.generate import TEMPLATE_DATASETCARD_PATH, TEMPLATE_MODELCARD_PATH
    from anyhub.cards.metadata import CardData, ModelCardData
    from anyhub.cards.model_index import eval_results_to_model_index, model_index_to_eval_results
    from anyhub.cards.space_metadata import SpaceCardData
    from anyhub.cards.text import REGEX_YAML_BLOCK
    from anyhub.repocard.metadata_files import metadata_load, metadata_save
    from anyhub.repocard.repo_card import DatasetCard, ModelCard, RepoCard, SpaceCard
    from anyhub.repocard.updating import metadata_eval_result, metadata_update

_MODULE_OF = {
    "CardData": "anyhub.cards.metadata",
    "DatasetCard": "anyhub.repocard.repo_card",
    "DatasetCardData": "anyhub.cards.dataset_metadata",
    "EvalResult": "anyhub.cards.eval_result",
    "ModelCard": "anyhub.repocard.repo_card",
    "ModelCardData": "anyhub.cards.metadata",
    "REGEX_YAML_BLOCK": "anyhub.cards.text",
    "RepoCard": "anyhub.repocard.repo_card",
    "SpaceCard": "anyhub.repocard.repo_card",
    "SpaceCardData": "anyhub.cards.space_metadata",
    "TEMPLATE_DATASETCARD_PATH": "anyhub.cards.generate",
    "TEMPLATE_MODELCARD_PATH": "anyhub.cards.generate",
    "eval_results_to_model_index": "anyhub.cards.model_index",
    "metadata_eval_result": "anyhub.repocard.updating",
    "metadata_load": "anyhub.repocard.metadata_files",
    "metadata_save": "anyhub.repocard.metadata_files",
    "metadata_update": "anyhub.repocard.updating",
    "model_index_to_eval_results": "anyhub.cards.model_index",
}

__all__ = [
    "CardData",
    "DatasetCard",
    "DatasetCardData",
    "EvalResult",
    "ModelCard",
    "ModelCardData",
    "REGEX_YAML_BLOCK",
    "RepoCard",
    "SpaceCard",
    "SpaceCardData",
    "TEMPLATE_DATASETCARD_PATH",
    "TEMPLATE_MODELCARD_PATH",
    "eval_results_to_model_index",
    "metadata_eval_result",
    "metadata_load",
    "metadata_save",
    "metadata_update",
    "model_index_to_eval_results",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")  # Python adds the nearest name
    value = globals()[name] = getattr(importlib.import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
