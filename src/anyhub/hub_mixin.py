"""The mixins, by the name that the module has in `huggingface_hub`."""

from __future__ import annotations

from anyhub.cards.generate import DEFAULT_MODEL_CARD
from anyhub.models.mixin import ModelHubMixin
from anyhub.models.mixin_info import MixinInfo
from anyhub.models.pytorch import PyTorchModelHubMixin

__all__ = ["DEFAULT_MODEL_CARD", "MixinInfo", "ModelHubMixin", "PyTorchModelHubMixin"]
