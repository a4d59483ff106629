"""Types of what a caller may give: a literal, or a pipeline variable that is known at start."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

from sagemaker.core.helper.pipeline_variable import PipelineVariable
from sagemaker.core.workflow.parameters import Parameter

Text: TypeAlias = str | PipelineVariable
Integer: TypeAlias = int | PipelineVariable
Number: TypeAlias = float | PipelineVariable
Boolean: TypeAlias = bool | PipelineVariable
Auto: TypeAlias = Literal["auto"]


class InvalidEstimator(ValueError):
    """A job's configuration would be refused; carries every problem found."""

    def __init__(self, subject: str, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{subject}: {'; '.join(self.problems)}")


def literal_text(value: object) -> str | None:
    """The text a container gets for a literal; None when there is none. Booleans are lower case."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Integral):
        return str(int(value))
    return repr(float(value)) if isinstance(value, Real) else None


def as_text(value: Any) -> Text | None:
    """Like `literal_text`, and a pipeline variable becomes a text expression (Std:Join)."""
    return value.to_string() if isinstance(value, PipelineVariable) else literal_text(value)


def known_now(value: Any) -> Any:
    """The literal itself, a parameter's default, or None for what is known at start only."""
    if isinstance(value, Parameter):
        return value.default_value
    return None if isinstance(value, PipelineVariable) else value
