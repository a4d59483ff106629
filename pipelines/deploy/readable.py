"""Values of a definition for people: expressions and conditions as one would write them down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pipelines.deploy.text import shortened

_LONGEST = 90
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_NAMED = re.compile(
    r"(?P<step>Steps\.[^.]+)?\.?(?:(?!TrainingJobDefinitions)[^.]+\.)*?"
    r"(?:(?:Continuous|Integer|Categorical)ParameterRanges|(?:Static)?HyperParameters|InputDataConfig)"
    r"\.(?P<rest>.+)"
)
_SIGNS = {
    "Equals": "=",
    "NotEquals": "≠",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}


def named(path: str, kind: str) -> str:
    """A path with what it is about instead of where that stands: `Steps.Tune range eta.MaxValue`.

    Where a request has several training definitions the path stays whole.
    """
    match = _NAMED.fullmatch(path)
    return f"{match['step'] or ''} {kind} {match['rest']}".lstrip() if match else path


def readable(value: object, length: int = _LONGEST) -> str:
    """The value in one line; of a digest twelve digits stay, which tell contents apart."""
    if isinstance(value, Mapping) and "Type" in value and _is_condition(value):
        return shortened(_condition(value), length)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shortened(_DIGEST.sub(r"\1…", text), length)


def _is_condition(value: Mapping[str, Any]) -> bool:
    return bool(value.keys() & {"LeftValue", "QueryValue", "Condition", "Conditions"})


def _condition(value: Any) -> str:
    if not isinstance(value, Mapping):
        return json.dumps(value)
    kind = str(value.get("Type"))
    if kind in _SIGNS:
        left, right = operand(value.get("LeftValue")), operand(value.get("RightValue"))
        return f"{left} {_SIGNS[kind]} {right}"
    if kind == "Not":
        return f"not ({_condition(value.get('Condition'))})"
    if kind == "Or" and isinstance(value.get("Conditions"), list):
        return " or ".join(f"({_condition(each)})" for each in value["Conditions"])
    if kind in ("In", "NotIn") and isinstance(value.get("Values"), list):
        values = ", ".join(operand(each) for each in value["Values"])
        return f"{operand(value.get('QueryValue'))} {'in' if kind == 'In' else 'not in'} [{values}]"
    return json.dumps(value, ensure_ascii=False)


def operand(value: Any) -> str:
    """One side of a comparison: a reference without its wrapping, a file's member, a literal."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return json.dumps(value, ensure_ascii=False)
    [(function, body)] = value.items()
    if function == "Get":
        return str(body)
    if function == "Std:JsonGet" and isinstance(body, Mapping):
        source = body.get("PropertyFile", body.get("S3Uri"))
        file = operand(source).removeprefix("Steps.").replace(".PropertyFiles.", "/")
        return f"{file}:{body.get('Path')}"
    if (
        function == "Std:Join"
        and isinstance(body, Mapping)
        and isinstance(body.get("Values"), list)
    ):
        return str(body.get("On", "")).join(
            each if isinstance(each, str) else operand(each) for each in body["Values"]
        )
    return json.dumps(value, ensure_ascii=False)
