"""What a config.json of somebody else's can not decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from anyhub import ModelHubMixin
from anyhub.errors import ValidationError


class Open(ModelHubMixin):
    def __init__(self, a: int = 1, **kwargs: Any) -> None:
        self.a, self.kwargs = a, kwargs

    def _save_pretrained(self, save_directory: Path) -> None: ...

    @classmethod
    def _from_pretrained(cls, *, model_id: str, weights_only: bool = True, **kwargs: Any) -> Any:
        own = {name: value for name, value in kwargs.items() if name in ("a", "more")}
        model = cls(**own)
        model.weights_only = weights_only
        return model


def folder_with(path: Path, config: dict[str, Any]) -> Path:
    (path / "config.json").write_text(json.dumps(config))
    return path


def test_an_option_that_only_the_hook_names_is_for_the_caller_to_give(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {"a": 2, "weights_only": False, "more": 3})
    model = Open.from_pretrained(folder)
    assert (model.a, model.weights_only, model.kwargs) == (2, True, {"more": 3})
    assert Open.from_pretrained(folder, weights_only=False).weights_only is False


@pytest.mark.parametrize("name", ["self", "cls"])
def test_what_a_method_is_bound_to_is_not_given_by_a_file(name: str, tmp_path: Path) -> None:
    assert Open.from_pretrained(folder_with(tmp_path, {"a": 2, name: 3})).a == 2


def test_a_variant_is_a_plain_name(tmp_path: Path) -> None:
    from torch import nn

    from anyhub import PyTorchModelHubMixin

    class Net(nn.Linear, PyTorchModelHubMixin):
        def __init__(self) -> None:
            super().__init__(1, 1)

    Net().save_pretrained(tmp_path)
    with pytest.raises(ValidationError, match="can not be a variant"):
        Net.from_pretrained(tmp_path, variant="../x")
