"""The metadata of the card of a data set."""

from __future__ import annotations

from typing import Any

from anyhub.cards.metadata import CardData


class DatasetCardData(CardData):
    """The metadata of the card of a data set.

    Args:
        language (`str` or `list[str]`, *optional*): ISO 639 codes of its languages.
        license (`str` or `list[str]`, *optional*): An identifier such as `"apache-2.0"`.
        annotations_creators (`str` or `list[str]`, *optional*): How its annotations were made, such as
            `"crowdsourced"` or `"expert-generated"`.
        language_creators (`str` or `list[str]`, *optional*): How its texts were made.
        multilinguality (`str` or `list[str]`, *optional*): Such as `"monolingual"` or `"translation"`.
        size_categories (`str` or `list[str]`, *optional*): How many examples it has, such as `"10K<n<100K"`.
        source_datasets (`list[str]`, *optional*): The data sets it was made from, or `"original"`.
        task_categories (`str` or `list[str]`, *optional*): The tasks it is for.
        task_ids (`str` or `list[str]`, *optional*): The same, more exactly.
        paperswithcode_id (`str`, *optional*): Its name at Papers with Code.
        pretty_name (`str`, *optional*): What it is called, for people.
        train_eval_index (*optional*): How models are trained and evaluated on it; ``train-eval-index`` in the card.
        config_names (`str` or `list[str]`, *optional*): Its configurations.
        ignore_metadata_errors (`bool`): Whether a value that YAML has no words for is left out with a warning.
        kwargs: Any other keys.

    Raises:
        ValidationError: When a value is not a text, number, truth value, date, list or dict; names the key.
    """

    def __init__(
        self,
        /,
        *,
        language: str | list[str] | None = None,
        license: str | list[str] | None = None,
        annotations_creators: str | list[str] | None = None,
        language_creators: str | list[str] | None = None,
        multilinguality: str | list[str] | None = None,
        size_categories: str | list[str] | None = None,
        source_datasets: list[str] | None = None,
        task_categories: str | list[str] | None = None,
        task_ids: str | list[str] | None = None,
        paperswithcode_id: str | None = None,
        pretty_name: str | None = None,
        train_eval_index: Any = None,
        config_names: str | list[str] | None = None,
        ignore_metadata_errors: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            ignore_metadata_errors,
            annotations_creators=annotations_creators,
            language_creators=language_creators,
            language=language,
            license=license,
            multilinguality=multilinguality,
            size_categories=size_categories,
            source_datasets=source_datasets,
            task_categories=task_categories,
            task_ids=task_ids,
            paperswithcode_id=paperswithcode_id,
            pretty_name=pretty_name,
            train_eval_index=train_eval_index,
            config_names=config_names,
            **kwargs,
        )

    def _name(self, key: str) -> str:
        return "train-eval-index" if key == "train_eval_index" else key
