"""The text of a pipeline parameter's value, as StartPipelineExecution takes it, becomes a value of the parameter's type."""

from __future__ import annotations

import math
import re

from pipelines.definition.document import ParameterType

Value = str | int | float | bool
# Python would also take 1_000, blanks around a number, other scripts' digits, nan and inf.
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def value_of(kind: ParameterType, text: str) -> Value:
    """Raises ValueError when the text is not of that type."""
    if kind is ParameterType.INTEGER and _INTEGER.fullmatch(text):
        return int(text)
    if kind is ParameterType.FLOAT and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if kind is ParameterType.BOOLEAN and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind is ParameterType.STRING:
        return text
    raise ValueError(f"'{text}' is not of type {kind}")
