"""Step caching: a step whose request was answered before, by the same pipeline, is not run again."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from runtime.arns import execution_id_in
from runtime.storage._base import Document, Records

# Step type -> the request's members that are compared; a mapping narrows a member to some of its own.
_KEY_ATTRIBUTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
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


def cache_key(pipeline: str, step: str, step_type: str, arguments: Document) -> str | None:
    """Record key of a request: pipeline, step and a digest of what is compared; None for types that never hit."""
    attributes = _KEY_ATTRIBUTES.get(step_type)
    if attributes is None:
        return None
    compared = {
        name: _narrow(arguments[name], members)
        for name, members in attributes.items()
        if arguments.get(name) is not None
    }
    content = json.dumps([step_type, compared], sort_keys=True)
    return f"{pipeline}/{step}/{hashlib.sha256(content.encode()).hexdigest()}"


class StepCache:
    """Remembers the latest success of every request."""

    kind = "CacheEntry"

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, key: str, config: Mapping[str, Any] | None, now: float) -> Document | None:
        """The remembered {ExecutionArn, Properties, Metadata, EndTime}, if caching is on and it is young enough."""
        if not config or not config.get("Enabled"):
            return None
        limit = config.get("ExpireAfter")
        longest = duration(limit) if limit else math.inf
        entry = self._records.get(self.kind, key)
        if entry is None or now - entry["EndTime"] > longest:
            return None
        # Executions go with their pipeline; another one of the same name starts anew.
        source = self._records.get("Execution", execution_id_in(entry["ExecutionArn"]))
        return None if source is None else entry

    def keep(self, key: str, entry: Document) -> None:
        self._records.put(self.kind, key, entry)


def _narrow(value: Any, members: tuple[str, ...]) -> Any:
    if not members or not isinstance(value, Mapping):
        return value
    return {name: value[name] for name in members if name in value}
