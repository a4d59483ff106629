"""Reads the request of a tuning job: its definitions with their objectives and ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.api import ApiError
from runtime.storage._base import Document
from runtime.tuning._base import Range, RangeKind, Scaling

_NUMERIC = {
    "IntegerParameterRanges": RangeKind.INTEGER,
    "ContinuousParameterRanges": RangeKind.CONTINUOUS,
}
OBJECTIVE = "_tuning_objective_metric"


@dataclass(frozen=True)
class Objective:
    metric: str
    maximize: bool

    @property
    def type(self) -> str:
        return "Maximize" if self.maximize else "Minimize"

    def is_better(self, value: float, other: float) -> bool:
        return value > other if self.maximize else value < other


@dataclass(frozen=True)
class Definition:
    """One TrainingJobDefinition. `name` is "" when the request has a single one without a name."""

    name: str
    request: Document
    objective: Objective
    ranges: tuple[Range, ...]
    static: Mapping[str, str]


def definitions_of(request: Mapping[str, Any]) -> tuple[Definition, ...]:
    """The training definitions of a request, in order. Raises ApiError."""
    several, one = request.get("TrainingJobDefinitions") or [], request.get("TrainingJobDefinition")
    if bool(several) == bool(one):
        raise refused(
            "A tuning job needs either a TrainingJobDefinition or TrainingJobDefinitions."
        )
    return tuple(_definition(request, dict(each)) for each in (several or [one]))


def objective_of(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Objective:
    """What a definition's training jobs are judged by. Raises ApiError when nothing says so."""
    config = request["HyperParameterTuningJobConfig"]
    found = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective")
    if not found:
        raise refused(
            "A tuning job needs a HyperParameterTuningJobObjective, or a TuningObjective in each of its "
            "TrainingJobDefinitions."
        )
    return Objective(found["MetricName"], found["Type"] == "Maximize")


def range_document(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ranges as the request writes them; those of a definition count before the common ones."""
    config = request["HyperParameterTuningJobConfig"]
    return dict(definition.get("HyperParameterRanges") or config.get("ParameterRanges") or {})


def ranges_of(document: Mapping[str, Any]) -> tuple[Range, ...]:
    """Tunable hyperparameters. Raises ApiError for bounds that are no numbers or the wrong way round."""
    return tuple(_ranges(document))


def with_defaults(document: Document) -> Document:
    """The record as Describe shows it: scaling types and the objective metric filled in."""
    config = dict(document["HyperParameterTuningJobConfig"])
    if config.get("ParameterRanges"):
        config["ParameterRanges"] = _with_scalings(config["ParameterRanges"])
    config.setdefault("TrainingJobEarlyStoppingType", "Off")
    filled = {**document, "HyperParameterTuningJobConfig": config}
    if document.get("TrainingJobDefinition"):
        filled["TrainingJobDefinition"] = _shown(document, document["TrainingJobDefinition"])
    if document.get("TrainingJobDefinitions"):
        several = document["TrainingJobDefinitions"]
        filled["TrainingJobDefinitions"] = [_shown(document, each) for each in several]
    return filled


def refused(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def _definition(request: Mapping[str, Any], definition: Document) -> Definition:
    return Definition(
        definition.get("DefinitionName") or "",
        definition,
        objective_of(request, definition),
        ranges_of(range_document(request, definition)),
        definition.get("StaticHyperParameters") or {},
    )


def _shown(document: Mapping[str, Any], definition: Mapping[str, Any]) -> Document:
    static = definition.get("StaticHyperParameters") or {}
    shown = {
        **definition,
        "StaticHyperParameters": {**static, OBJECTIVE: objective_of(document, definition).metric},
    }
    if definition.get("HyperParameterRanges"):
        shown["HyperParameterRanges"] = _with_scalings(definition["HyperParameterRanges"])
    return shown


def _with_scalings(ranges: Mapping[str, Any]) -> Document:
    return {
        kind: [
            {"ScalingType": "Auto", **entry} if kind in _NUMERIC else entry
            for entry in entries or []
        ]
        for kind, entries in ranges.items()
    }


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
        raise refused(f"The range of '{name}' needs {kind.lower()} bounds: {error}.") from error
    scaling = Scaling(entry.get("ScalingType") or "Auto")
    if not low <= high:
        raise refused(f"The range of '{name}' has MinValue {low:g} above MaxValue {high:g}.")
    if scaling is Scaling.LOGARITHMIC and low <= 0:
        raise refused(f"The range of '{name}' has Logarithmic scaling, so it must be above 0.")
    if scaling is Scaling.REVERSE_LOGARITHMIC and not 0 <= low <= high < 1:
        raise refused(f"The range of '{name}' has ReverseLogarithmic scaling: 0 <= x < 1.")
    if scaling is Scaling.REVERSE_LOGARITHMIC and kind is RangeKind.INTEGER:
        raise refused(
            f"The range of '{name}' is of integers, so it has no ReverseLogarithmic scaling."
        )
    return Range(name, kind, low, high, scaling=scaling)
