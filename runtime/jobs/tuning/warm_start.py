"""Warm start: a tuning job that begins with what its parents found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.definition.algorithms._base import split_image
from runtime.jobs._base import JobStatus
from runtime.jobs.tuning.request import OBJECTIVE, Definition, definitions_of, refused
from runtime.jobs.tuning.results import objective_value
from runtime.storage._base import Document
from runtime.tuning._base import Range, RangeKind, Trial

_MOST_CHANGES = 10
_IDENTICAL = "IdenticalDataAndAlgorithm"
_ONLY = (
    "Only the following fields in TrainingJobDefinition are allowed to change with WarmStartType "
    f"{_IDENTICAL}: StaticHyperParameters, HyperParameterRanges, RoleArn, OutputDataConfig, ResourceConfig, "
    "StoppingCondition."
)


def parent_names(request: Mapping[str, Any]) -> list[str]:
    """The tuning jobs that a request starts from; empty without warm start."""
    config = request.get("WarmStartConfig") or {}
    parents = config.get("ParentHyperParameterTuningJobs") or []
    return [parent["HyperParameterTuningJobName"] for parent in parents]


def check_warm_start(request: Mapping[str, Any], parents: Sequence[Document]) -> None:
    """Refuse parents that do not fit, with everything that is wrong. Raises ApiError."""
    found: list[str] = []
    for parent in parents:
        name = parent["HyperParameterTuningJobName"]
        problems = _problems(request, parent)
        found += [f"Parent tuning job '{name}': {problem}" for problem in problems]
    if found:
        raise refused(" ".join(found))


def prior_trials(
    definition: Definition, parent: Document, jobs: Sequence[Mapping[str, Any]]
) -> Iterator[Trial]:
    """What a parent's training jobs say about this definition's ranges, numbered from -1 downwards.

    A hyperparameter that was static there counts with its value; a job outside of the ranges here is left out.
    """
    old = definitions_of(parent)[0]
    for number, job in enumerate(jobs, 1):
        value = objective_value(job, old.objective)
        given = {**old.static, **(job.get("TunedHyperParameters") or {})}
        chosen = {space.name: given.get(space.name, "") for space in definition.ranges}
        if value is not None and all(
            _holds(space, chosen[space.name]) for space in definition.ranges
        ):
            yield Trial(-number, chosen, value)


def _problems(request: Mapping[str, Any], parent: Document) -> Iterator[str]:
    status = JobStatus(parent["HyperParameterTuningJobStatus"])
    if not status.is_finished():
        yield f"it is {status}; a parent must be Completed, Stopped or Failed."
    olds = definitions_of(parent)
    if len(olds) > 1:
        yield "it has several TrainingJobDefinitions; a parent has one."
        return
    new, old = definitions_of(request)[0], olds[0]
    if new.objective != old.objective:
        yield (
            f"its objective is {old.objective.type} {old.objective.metric}, which must be the same here "
            f"but is {new.objective.type} {new.objective.metric}."
        )
    yield from _hyperparameter_problems(new, old)
    yield from _data_problems(request["WarmStartConfig"]["WarmStartType"], new, old)


def _hyperparameter_problems(new: Definition, old: Definition) -> Iterator[str]:
    names, before = _names(new), _names(old)
    if len(names) != len(before):
        yield (
            f"it has {len(before)} static and tunable hyperparameters, here are {len(names)}; "
            "their number must not change."
        )
    kinds = {space.name: space.kind for space in old.ranges}
    for space in new.ranges:
        if kinds.get(space.name, space.kind) is not space.kind:
            yield f"'{space.name}' was {kinds[space.name]} and is {space.kind}; types must not change."
    changes = len(kinds.keys() & new.static.keys()) + sum(
        old.static[name] != new.static[name]
        for name in old.static.keys() & new.static.keys() - {OBJECTIVE}
    )
    if changes > _MOST_CHANGES:
        yield f"{changes} hyperparameters became static or changed their value; at most {_MOST_CHANGES} may."


def _data_problems(kind: str, new: Definition, old: Definition) -> Iterator[str]:
    images = [one.request["AlgorithmSpecification"]["TrainingImage"] for one in (new, old)]
    data = [one.request.get("InputDataConfig") for one in (new, old)]
    if kind == _IDENTICAL:
        if images[0] != images[1] or data[0] != data[1]:
            yield _ONLY
    elif split_image(images[0])[0] != split_image(images[1])[0]:
        yield f"its image is {images[1]}; only the version of the image may change."


def _names(definition: Definition) -> set[str]:
    return {space.name for space in definition.ranges} | definition.static.keys() - {OBJECTIVE}


def _holds(space: Range, text: str) -> bool:
    if space.kind is RangeKind.CATEGORICAL:
        return text in space.values
    try:
        number = int(text) if space.kind is RangeKind.INTEGER else float(text)
    except ValueError:
        return False
    return space.low <= number <= space.high
