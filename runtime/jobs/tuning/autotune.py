"""Autotune: fills in what a request leaves to the service, before the tuning job is recorded.

What the service chooses is not public. Here: the algorithm's recommended ranges for AutoParameters, or, when a
request has no range at all, for those hyperparameters that matter most; around the hint for other code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipelines.definition.algorithms._base import Algorithm, Kind
from runtime.storage._base import Document

# Beyond that a job of somebody who did not say how many would take the whole day of a laptop.
_JOBS = 20
_FACTOR = 10.0


def is_autotuned(request: Mapping[str, Any]) -> bool:
    return bool((request.get("Autotune") or {}).get("Mode") == "Enabled")


def with_autotune(request: Document, algorithm: Algorithm | None) -> Document:
    """The request with ranges, early stopping and a number of jobs; those that it has stay. One definition only."""
    config = dict(request["HyperParameterTuningJobConfig"])
    definition = request.get("TrainingJobDefinition") or {}
    config["ParameterRanges"] = _typed(
        config.get("ParameterRanges") or {},
        definition.get("StaticHyperParameters") or {},
        algorithm,
    )
    config["ResourceLimits"] = {"MaxNumberOfTrainingJobs": _JOBS, **config["ResourceLimits"]}
    if config["Strategy"] != "Hyperband":
        config.setdefault("TrainingJobEarlyStoppingType", "Auto")
    return {**request, "HyperParameterTuningJobConfig": config}


def _typed(
    ranges: Mapping[str, Any], static: Mapping[str, str], algorithm: Algorithm | None
) -> Document:
    typed = {kind: list(entries or []) for kind, entries in ranges.items()}
    automatic = typed.pop("AutoParameters", [])
    hints = {entry["Name"]: entry["ValueHint"] for entry in automatic}
    if not any(typed.values()) and not hints and algorithm is not None:
        hints = {name: "" for name in algorithm.autotuned if name not in static}
    for name, hint in hints.items():
        kind, entry = _recommended(name, algorithm) or _around(name, hint)
        typed.setdefault(f"{kind}ParameterRanges", []).append(entry)
    return typed


def _recommended(name: str, algorithm: Algorithm | None) -> tuple[str, Document] | None:
    if algorithm is None or name not in algorithm.recommended:
        return None
    low, high = algorithm.recommended[name]
    known = algorithm.hyperparameter(name)
    kind = "Integer" if known is not None and known.kind is Kind.INTEGER else "Continuous"
    return kind, {"Name": name, "MinValue": f"{low:g}", "MaxValue": f"{high:g}"}


def _around(name: str, hint: str) -> tuple[str, Document]:
    """A range that reaches a factor of ten to both sides of a number; a text is the only choice."""
    number = _number(hint)
    if number is None:
        return "Categorical", {"Name": name, "Values": [hint]}
    low, high = sorted((number / _FACTOR, number * _FACTOR)) if number else (0.0, 1.0)
    if hint.strip().lstrip("+-").isdecimal():
        bounds = (str(math.floor(low)), str(math.ceil(high)))
        return "Integer", dict(zip(("Name", "MinValue", "MaxValue"), (name, *bounds), strict=True))
    return "Continuous", {"Name": name, "MinValue": repr(low), "MaxValue": repr(high)}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
