"""The card that a model generates of itself, from its class's template and metadata."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from functools import reduce
from typing import Any

from anyhub.cards.metadata import ModelCardData
from anyhub.cards.seal import seal
from anyhub.models.card_file import Known, known_for_card
from anyhub.models.checkpoint import Details, stored_of
from anyhub.models.facts import with_tags
from anyhub.models.hooks import HubModel
from anyhub.repocard.repo_card import ModelCard

_METADATA = frozenset(inspect.signature(ModelCardData).parameters) - {"ignore_metadata_errors", "kwargs"}


def generated_card(model: HubModel, values: Mapping[str, Any]) -> ModelCard:
    """Return the card of a model.

    Args:
        model (`HubModel`): The model.
        values (`Mapping`): What goes before the words of the class: keys of the metadata, and names of the template.
            Tags are added to those of the class.
    """
    info = model._hub_mixin_info
    metadata = {name: value for name, value in values.items() if name in _METADATA}
    known = known_for_card() or _known_without_save(model)
    names = {
        "repo_url": info.repo_url,
        "paper_url": info.paper_url,
        "docs_url": info.docs_url,
        "mixin_name": _mixin_name(type(model)),
        "class_name": type(model).__qualname__,
        "class_module": _module_of(type(model)),
        "framework": model._hub_mixin_framework,
        **known.values,
        **{name: value for name, value in values.items() if name not in metadata},
    }
    data = _data(info.model_card_data.to_dict(), metadata, known)
    card = ModelCard.from_template(data, template_str=info.model_card_template, **names)
    card.content = seal(card.content)
    return card


def _data(of_class: Mapping[str, Any], given: Mapping[str, Any], known: Known) -> ModelCardData:
    """Return the metadata: what the class says, before that what was given, the facts, and what a card says already."""
    said: dict[str, Any] = {**of_class, **given}
    if given.get("tags"):
        said["tags"] = with_tags(given["tags"], of_class.get("tags"))
    if said.get("eval_results"):  # which need the name of a model
        said.setdefault("model_name", known.name)
    data = ModelCardData(**said)
    known.facts.put_into(data, known.name, known.facts)
    for key, value in known.metadata.items():
        data[key] = value
    return data


def _known_without_save(model: HubModel) -> Known:
    content, manifest = stored_of(model, Details())
    return Known(type(model).__name__, values={"config": content, "environment": manifest.environment})


def _module_of(model_class: type) -> str:
    """Return the module that a class can be imported from; ``"__main__"`` when its name is not in that module."""
    module = model_class.__module__
    names = model_class.__qualname__.split(".")
    found = reduce(lambda owner, name: getattr(owner, name, None), names, sys.modules.get(module))
    return module if isinstance(found, type) else "__main__"


def _mixin_name(model_class: type) -> str:
    """Return the name of the mixin that a class has its hooks from: the most specific one of this package."""
    package = __name__.partition(".")[0]
    return next(base.__name__ for base in model_class.__mro__ if base.__module__.partition(".")[0] == package)
