"""The metadata of the card of a space."""

from __future__ import annotations

from typing import Any

from anyhub.cards.metadata import CardData, unique


class SpaceCardData(CardData):
    """The metadata of the card of a space, which is its configuration too.

    Args:
        title (`str`, *optional*): What it is called, for people.
        sdk (`str`, *optional*): What runs it: `"gradio"`, `"streamlit"`, `"docker"` or `"static"`.
        sdk_version (`str`, *optional*): The version of that.
        python_version (`str`, *optional*): The version of Python that runs it.
        app_file (`str`, *optional*): The file that is run, or shown, relative to the root of the repository.
        app_port (`int`, *optional*): The port that it listens on.
        license (`str`, *optional*): An identifier such as `"apache-2.0"`.
        duplicated_from (`str`, *optional*): The space that it is a copy of.
        models (`list[str]`, *optional*): The models that it uses.
        datasets (`list[str]`, *optional*): The data sets that it uses.
        tags (`list[str]`, *optional*): Words to find it by; each is kept once, in the order given.
        ignore_metadata_errors (`bool`): Whether a value that YAML has no words for is left out with a warning.
        kwargs: Any other keys.

    Raises:
        ValidationError: When a value is not a text, number, truth value, date, list or dict; names the key.
    """

    def __init__(
        self,
        /,
        *,
        title: str | None = None,
        sdk: str | None = None,
        sdk_version: str | None = None,
        python_version: str | None = None,
        app_file: str | None = None,
        app_port: int | None = None,
        license: str | None = None,
        duplicated_from: str | None = None,
        models: list[str] | None = None,
        datasets: list[str] | None = None,
        tags: list[str] | None = None,
        ignore_metadata_errors: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            ignore_metadata_errors,
            title=title,
            sdk=sdk,
            sdk_version=sdk_version,
            python_version=python_version,
            app_file=app_file,
            app_port=app_port,
            license=license,
            duplicated_from=duplicated_from,
            models=models,
            datasets=datasets,
            tags=unique(tags),
            **kwargs,
        )
