"""Reads and checks the request of a tuning job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.algorithms._base import Algorithm
from runtime.api import ApiError
from runtime.storage._base import Document
from runtime.tuning._base import Range, RangeKind, Scaling

_NUMERIC = {
    "IntegerParameterRanges": RangeKind.INTEGER,
    "ContinuousParameterRanges": RangeKind.CONTINUOUS,
}
_MOST_RANGES = 30


def training_definition(request: Mapping[str, Any]) -> Document:
    """The one training definition of a request. Raises ApiError when there are several."""
    several = request.get("TrainingJobDefinitions") or []
    one = request.get("TrainingJobDefinition")
    if one and not several:
        return dict(one)
    if len(several) == 1 and not one:
        return dict(several[0])
    raise _refused(
        "A tuning job needs one TrainingJobDefinition; the local runtime does not search several at once."
    )


def objective_of(request: Mapping[str, Any]) -> Mapping[str, str]:
    """{Type, MetricName}. Raises ApiError when the request has none."""
    config = request["HyperParameterTuningJobConfig"]
    objective = config.get("HyperParameterTuningJobObjective") or training_definition(request).get(
        "TuningObjective"
    )
    if not objective:
        raise _refused("A tuning job needs a HyperParameterTuningJobObjective.")
    return dict(objective)


def maximizes(request: Mapping[str, Any]) -> bool:
    return objective_of(request)["Type"] == "Maximize"


def ranges_of(request: Mapping[str, Any]) -> tuple[Range, ...]:
    """The tunable hyperparameters. Raises ApiError for bounds that are no numbers or the wrong way round."""
    return tuple(_ranges(_range_document(request)))


def check_tuning(
    request: Mapping[str, Any], algorithm: Algorithm | None, *, scripted: bool = False
) -> None:
    """Refuse, with everything found, what this runtime or the algorithm would not accept. Raises ApiError.

    `scripted`: the image runs a script, which has hyperparameters of its own.
    """
    found = [*_unsupported(request), *_range_problems(request, None if scripted else algorithm)]
    found += _objective_problems(request, algorithm)
    if found:
        raise _refused(" ".join(found))


def with_defaults(document: Document) -> Document:
    """The record as Describe shows it: scaling types and the objective metric filled in."""
    config = dict(document["HyperParameterTuningJobConfig"])
    ranges = config.get("ParameterRanges")
    if ranges:
        config["ParameterRanges"] = {
            kind: [_with_scaling(entry) if kind in _NUMERIC else entry for entry in entries or []]
            for kind, entries in ranges.items()
        }
    config.setdefault("TrainingJobEarlyStoppingType", "Off")
    filled = {**document, "HyperParameterTuningJobConfig": config}
    if document.get("TrainingJobDefinition"):
        definition = dict(document["TrainingJobDefinition"])
        static = definition.get("StaticHyperParameters") or {}
        metric = objective_of(document)["MetricName"]
        definition["StaticHyperParameters"] = {**static, "_tuning_objective_metric": metric}
        filled["TrainingJobDefinition"] = definition
    return filled


def _range_document(request: Mapping[str, Any]) -> Mapping[str, Any]:
    config = request["HyperParameterTuningJobConfig"]
    ranges = config.get("ParameterRanges") or training_definition(request).get(
        "HyperParameterRanges"
    )
    return dict(ranges or {})


def _ranges(document: Mapping[str, Any]) -> Iterator[Range]:
    for member, kind in _NUMERIC.items():
        for entry in document.get(member) or []:
            yield _numeric(entry, kind)
    for entry in document.get("CategoricalParameterRanges") or []:
        yield Range(entry["Name"], RangeKind.CATEGORICAL, values=tuple(entry["Values"]))


def _numeric(entry: Mapping[str, str], kind: RangeKind) -> Range:
    name = entry["Name"]
    convert = int if kind is RangeKind.INTEGER else float
    try:
        low, high = (float(convert(entry[key])) for key in ("MinValue", "MaxValue"))
    except ValueError as error:
        raise _refused(f"The range of '{name}' needs {kind.lower()} bounds: {error}.") from error
    scaling = Scaling(entry.get("ScalingType") or "Auto")
    if not low <= high:
        raise _refused(f"The range of '{name}' has MinValue {low:g} above MaxValue {high:g}.")
    if scaling is Scaling.LOGARITHMIC and low <= 0:
        raise _refused(f"The range of '{name}' has Logarithmic scaling, so it must be above 0.")
    if scaling is Scaling.REVERSE_LOGARITHMIC and not 0 <= low <= high < 1:
        raise _refused(f"The range of '{name}' has ReverseLogarithmic scaling: 0 <= x < 1.")
    return Range(name, kind, low, high, scaling=scaling)


def _unsupported(request: Mapping[str, Any]) -> Iterator[str]:
    for member in ("WarmStartConfig", "Autotune"):
        if request.get(member):
            yield f"The local runtime has no {member} for tuning jobs yet."
    config = request["HyperParameterTuningJobConfig"]
    if config.get("TuningJobCompletionCriteria"):
        yield "The local runtime has no TuningJobCompletionCriteria yet."


def _range_problems(request: Mapping[str, Any], algorithm: Algorithm | None) -> Iterator[str]:
    ranges = ranges_of(request)
    static = training_definition(request).get("StaticHyperParameters") or {}
    if not ranges:
        yield "A tuning job needs at least one range in ParameterRanges."
    if len(ranges) > _MOST_RANGES:
        yield f"A tuning job has at most {_MOST_RANGES} ranges but got {len(ranges)}."
    for tuned in ranges:
        if tuned.name in static:
            yield f"The hyperparameter '{tuned.name}' is both static and in a range."
        known = algorithm.hyperparameter(tuned.name) if algorithm else None
        if algorithm and (known is None or not known.tunable):
            names = ", ".join(sorted(one.name for one in algorithm.hyperparameters if one.tunable))
            yield f"The hyperparameter '{tuned.name}' of {algorithm.name} is not tunable; tunable: {names}."


def _objective_problems(request: Mapping[str, Any], algorithm: Algorithm | None) -> Iterator[str]:
    name = objective_of(request)["MetricName"]
    if algorithm:
        allowed = [metric.name for metric in algorithm.metrics if metric.objective]
    else:
        specification = training_definition(request)["AlgorithmSpecification"]
        allowed = [entry["Name"] for entry in specification.get("MetricDefinitions") or []]
    if name not in allowed:
        yield (
            f"The objective metric '{name}' is not emitted by the training job; "
            f"allowed: {', '.join(allowed) or 'none'}."
        )


def _with_scaling(entry: Mapping[str, str]) -> dict[str, str]:
    return {"ScalingType": "Auto", **entry}


def _refused(message: str) -> ApiError:
    return ApiError("ValidationException", message)
