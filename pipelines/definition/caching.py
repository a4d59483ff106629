"""What step caching compares: a step whose request was answered before, by the same pipeline, is not run again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

# Step type -> the request's members that are compared; a mapping narrows a member to some of its own.
KEY_ATTRIBUTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Processing": {"AppSpecification": (), "Environment": (), "ProcessingInputs": ()},
    "Training": {
        "AlgorithmSpecification": (),
        "CheckpointConfig": (),
        "DebugHookConfig": (),
        "DebugRuleConfigurations": (),
        "Environment": (),
        "HyperParameters": (),
        "InputDataConfig": (),
    },
    "Tuning": {
        "HyperParameterTuningJobConfig": (),
        "TrainingJobDefinition": (
            "AlgorithmSpecification",
            "HyperParameterRanges",
            "InputDataConfig",
            "StaticHyperParameters",
            "TuningObjective",
        ),
        "TrainingJobDefinitions": (),
    },
    "Transform": {"DataProcessing": (), "Environment": (), "ModelName": (), "TransformInput": ()},
}
_DURATION = re.compile(
    r"P?(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<mi>\d+)M)?(?:(?P<s>\d+)S)?)?",
    re.IGNORECASE,
)
_SECONDS = {
    "y": 365 * 86_400,
    "mo": 30 * 86_400,
    "w": 7 * 86_400,
    "d": 86_400,
    "h": 3_600,
    "mi": 60,
    "s": 1,
}


def duration(text: str) -> float:
    """Seconds of an ISO-8601 duration such as `30d`, `PT1H`, `30dT5h`; the P is optional. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    parts = {unit: value for unit, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise ValueError(f"'{text}' is not a duration; write it like 30d, PT12H or 30dT5h")
    return float(sum(int(value) * _SECONDS[unit] for unit, value in parts.items()))


def compared(step_type: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The part of a request that decides about a hit; None for types that never hit."""
    attributes = KEY_ATTRIBUTES.get(step_type)
    if attributes is None:
        return None
    return {
        name: _narrow(arguments[name], members)
        for name, members in attributes.items()
        if arguments.get(name) is not None
    }


def cache_key(pipeline: str, step: str, step_type: str, arguments: Mapping[str, Any]) -> str | None:
    """Record key of a request: pipeline, step and a digest of what is compared; None for types that never hit."""
    part = compared(step_type, arguments)
    if part is None:
        return None
    content = json.dumps([step_type, part], sort_keys=True)
    return f"{pipeline}/{step}/{hashlib.sha256(content.encode()).hexdigest()}"


def _narrow(value: Any, members: tuple[str, ...]) -> Any:
    if not members or not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in members if name in value}
