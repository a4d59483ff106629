"""How many instances one execution may use at a time, by the service quota that they count against. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.graph import CycleError, sort_steps, upstream
from pipelines.deploy.known import UNKNOWN, KnownValues, objects, training_jobs

# Larger groups of steps that partly wait for each other are counted as if none did.
_SEARCHED = 24


def demands(definition: Definition) -> dict[str, int]:
    """Name of a quota -> instances: the most that steps which do not wait for each other ask for together."""
    known = KnownValues(definition)
    asked = {step.name: Counter(dict(_of_step(step, known))) for step in definition.steps}
    apart = _never_together(definition)
    quotas = sorted({quota for counts in asked.values() for quota in counts})
    return {
        quota: _most(
            {name: counts[quota] for name, counts in asked.items() if counts[quota]}, apart
        )
        for quota in quotas
    }


def _of_step(step: StepDefinition, known: KnownValues) -> Iterator[tuple[str, int]]:
    counts: Counter[str] = Counter()
    if step.type == "ForEach":
        items = step.arguments.get("IterableItems")
        most = len(items) if isinstance(items, list) else 50
        times = min(known.number(step.arguments.get("MaxConcurrency"), most), most)
        for inner in step.body:
            for quota, amount in _of_step(inner, known):
                counts[quota] += times * amount
    for kind, cluster, times in _clusters(step, known):
        for group in [cluster, *objects(cluster.get("InstanceGroups"))]:
            instance = known.text(group.get("InstanceType"))
            if instance != UNKNOWN:
                amount = known.number(group.get("InstanceCount"), 1)
                counts[f"{instance} for {kind} job usage"] += times * amount
    yield from counts.items()


def _clusters(
    step: StepDefinition, known: KnownValues
) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """(kind, the object that names instances, how many of it at a time)."""
    arguments = step.arguments
    if step.type in ("Processing", "QualityCheck", "ClarifyCheck"):
        yield "processing", _object(_object(arguments, "ProcessingResources"), "ClusterConfig"), 1
    elif step.type == "Transform":
        yield "transform", _object(arguments, "TransformResources"), 1
    elif step.type == "Training":
        yield _training(arguments), _object(arguments, "ResourceConfig"), 1
    elif step.type == "Tuning":
        limits = _object(_object(arguments, "HyperParameterTuningJobConfig"), "ResourceLimits")
        times = known.number(limits.get("MaxParallelTrainingJobs"), 1)
        for job in training_jobs(step):
            yield _training(job), _object(job, "ResourceConfig"), times


def _training(job: Mapping[str, Any]) -> str:
    return "spot training" if job.get("EnableManagedSpotTraining") is True else "training"


def _object(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    member = value.get(key)
    return member if isinstance(member, Mapping) else {}


def _never_together(definition: Definition) -> Mapping[str, frozenset[str]]:
    """Step -> those before it, after it, or in the other branch of a condition."""
    waits = upstream(definition)
    before: dict[str, frozenset[str]] = {}
    try:
        ordered = sort_steps(waits)
    except CycleError:
        return {name: frozenset() for name in waits}
    sides: dict[str, dict[str, str]] = {}
    branches = {step.name: step.branch for step in definition.steps}
    for name in ordered:
        before[name] = waits[name].union(*(before[earlier] for earlier in waits[name]))
        # The outer conditions' sides come with the step before: the condition itself.
        branch = branches[name]
        sides[name] = (
            {}
            if branch is None
            else {**sides.get(branch.condition, {}), branch.condition: branch.side}
        )
    return {
        name: frozenset(
            other
            for other in waits
            if other in before[name] or name in before[other] or _exclude(sides[name], sides[other])
        )
        for name in waits
    }


def _exclude(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(other.get(condition, side) != side for condition, side in one.items())


def _most(weights: Mapping[str, int], apart: Mapping[str, frozenset[str]]) -> int:
    """The heaviest set of steps of which no two are apart."""
    total = 0
    left = set(weights)
    while left:
        group, todo = set(), [min(left)]
        while todo:
            name = todo.pop()
            if name not in group:
                group.add(name)
                todo += apart[name] & left
        left -= group
        names = sorted(group)
        small = len(names) <= _SEARCHED
        total += _heaviest(names, weights, apart) if small else sum(weights[name] for name in names)
    return total


def _heaviest(
    names: list[str], weights: Mapping[str, int], apart: Mapping[str, frozenset[str]]
) -> int:
    if not names:
        return 0
    first, rest = names[0], names[1:]
    beside = [name for name in rest if name not in apart[first]]
    with_first = weights[first] + _heaviest(beside, weights, apart)
    return with_first if beside == rest else max(with_first, _heaviest(rest, weights, apart))
