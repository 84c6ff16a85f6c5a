"""One evaluation result of a model: a metric, measured on a data set for a task."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from anyhub.errors import ValidationError


@dataclass
class EvalResult:
    """One evaluation result of a model, as the ``model-index`` of its card has it.

    Args:
        task_type (`str`): The task, such as `"image-classification"`.
        dataset_type (`str`): The repository of the data set, such as `"beans"`.
        dataset_name (`str`): What the data set is called, for people.
        metric_type (`str`): The metric, such as `"wer"`.
        metric_value: What was measured: a number, or a text such as `"20.0 ± 1.2"`.
        task_name (`str`, *optional*): What the task is called, for people.
        dataset_config (`str`, *optional*): Which configuration of the data set.
        dataset_split (`str`, *optional*): Which split of it, such as `"test"`.
        dataset_revision (`str`, *optional*): Which commit of it.
        dataset_args (*optional*): What else it was loaded with.
        metric_name (`str`, *optional*): What the metric is called, for people.
        metric_config (`str`, *optional*): Which configuration of the metric.
        metric_args (*optional*): What else it was computed with, such as `{"max_order": 4}`.
        verified (`bool`, *optional*): Whether an evaluation service has measured it.
        verify_token (`str`, *optional*): The signature of that service.
        source_name (`str`, *optional*): Where the result comes from, for people.
        source_url (`str`, *optional*): The address of that.
        model_name (`str`, *optional*): Which model was measured, in a card with results of several; None is the model
            of the card.

    Raises:
        ValidationError: When there is a ``source_name`` without a ``source_url``.
    """

    task_type: str
    dataset_type: str
    dataset_name: str
    metric_type: str
    metric_value: Any
    task_name: str | None = None
    dataset_config: str | None = None
    dataset_split: str | None = None
    dataset_revision: str | None = None
    dataset_args: Any = None
    metric_name: str | None = None
    metric_config: str | None = None
    metric_args: Any = None
    verified: bool | None = None
    verify_token: str | None = None
    source_name: str | None = None
    source_url: str | None = None
    model_name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.source_name is not None and self.source_url is None:
            raise ValidationError(
                f"The evaluation result has the `source_name` {self.source_name!r} without a `source_url`; give both."
            )

    @property
    def unique_identifier(self) -> tuple[Any, ...]:
        """What the result was measured on: task, data set, and the configuration, split and revision of that."""
        return self.task_type, self.dataset_type, self.dataset_config, self.dataset_split, self.dataset_revision

    def is_equal_except_value(self, other: EvalResult) -> bool:
        """Return whether another result is of the same metric on the same data, whatever was measured."""
        return self.without_value() == other.without_value()

    def without_value(self) -> EvalResult:
        """Return the same result without what was measured, and without the signature, which is made from that."""
        return replace(self, metric_value=None, verify_token=None)
