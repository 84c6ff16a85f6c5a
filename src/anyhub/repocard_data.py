"""The metadata of cards, by the name that the module has in `huggingface_hub`."""

from __future__ import annotations

from anyhub.cards.dataset_metadata import DatasetCardData
from anyhub.cards.eval_result import EvalResult
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.cards.model_index import eval_results_to_model_index, model_index_to_eval_results
from anyhub.cards.space_metadata import SpaceCardData

__all__ = [
    "CardData",
    "DatasetCardData",
    "EvalResult",
    "ModelCardData",
    "SpaceCardData",
    "eval_results_to_model_index",
    "model_index_to_eval_results",
]
