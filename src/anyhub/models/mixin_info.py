"""What a model class says of itself, for the cards of its models."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anyhub.cards.metadata import ModelCardData

_METADATA = ("language", "library_name", "license", "license_name", "license_link", "pipeline_tag", "tags")

STATED = "_hub_mixin_stated"
"""The attribute in which each class keeps what it says itself; what its bases say is looked up in theirs."""


class MixinInfo:
    """What a model class says of itself, its bases' words included.

    Args:
        stated (`dict`): The class keywords of `ModelHubMixin` that were given, by name.

    Attributes:
        docs_url (`str`, *optional*): Where the documentation of the library is.
        paper_url (`str`, *optional*): Where the paper is.
        repo_url (`str`, *optional*): Where the source of the library is.
    """

    def __init__(self, stated: dict[str, Any]) -> None:
        self.docs_url: str | None = stated.get("docs_url")
        self.paper_url: str | None = stated.get("paper_url")
        self.repo_url: str | None = stated.get("repo_url")
        self._stated = stated

    @classmethod
    def of(cls, model_class: type) -> MixinInfo:
        """Put together what a class and its bases say: the most specific goes first, tags are added up."""
        stated: dict[str, Any] = {}
        tags: list[str] = []
        for base in model_class.__mro__:
            own = vars(base).get(STATED, {})
            tags += own.get("tags", [])
            stated = {**own, **stated}
        return cls({**stated, "tags": list(dict.fromkeys(tags))})

    @cached_property
    def model_card_template(self) -> str:
        """The template of the card."""
        from anyhub.cards.generate import DEFAULT_MODEL_CARD

        template: str = self._stated.get("model_card_template", DEFAULT_MODEL_CARD)
        return template

    @cached_property
    def model_card_data(self) -> ModelCardData:
        """The metadata of the card."""
        from anyhub.cards.metadata import ModelCardData

        stated: dict[str, Any] = {key: self._stated.get(key) for key in _METADATA}
        return ModelCardData(**stated)
