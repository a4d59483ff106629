"""Refuses a tuning job that could not work, with everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.definition.algorithms._base import Algorithm, Kind
from pipelines.definition.tuning_limits import (
    EPOCHS,
    MOST_EPOCHS,
    MOST_HYPERPARAMETERS,
    MOST_RANGES,
)
from runtime.jobs.tuning.request import Definition, definitions_of, refused
from runtime.tuning._base import Range, RangeKind
from runtime.tuning.grid import combinations

_MOST_VALUES = 30


@dataclass(frozen=True)
class Code:
    """What runs for a definition: a built-in algorithm, or a script of the user's own (None); and its objectives."""

    algorithm: Algorithm | None
    objectives: tuple[str, ...]


def check_tuning(request: Mapping[str, Any], codes: Sequence[Code]) -> None:
    """`codes` belong to the request's definitions. Raises ApiError."""
    definitions = definitions_of(request)
    found = [*_strategy_problems(request, definitions), *_several_problems(request, definitions)]
    for definition, code in zip(definitions, codes, strict=True):
        found += _range_problems(definition, code.algorithm)
        if definition.objective.metric not in code.objectives:
            found.append(
                f"The objective metric '{definition.objective.metric}' is not emitted by the training job; "
                f"allowed: {', '.join(code.objectives) or 'none'}."
            )
    if found:
        raise refused(" ".join(dict.fromkeys(found)))


def resource_of(request: Mapping[str, Any], definition: Definition) -> tuple[int, int] | None:
    """Hyperband's (MinResource, MaxResource) in epochs; None for other strategies, or when nothing says the second."""
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] != "Hyperband":
        return None
    given = (config.get("StrategyConfig") or {}).get("HyperbandStrategyConfig") or {}
    stated = (definition.static[name] for name in EPOCHS if name in definition.static)
    text = next(stated, "")
    most = given.get("MaxResource") or (int(text) if text.isdecimal() else None)
    return (given.get("MinResource") or 1, most) if most else None


def _strategy_problems(
    request: Mapping[str, Any], definitions: Sequence[Definition]
) -> Iterator[str]:
    config = request["HyperParameterTuningJobConfig"]
    strategy = config["Strategy"]
    if config.get("StrategyConfig") and strategy != "Hyperband":
        yield f"StrategyConfig is Hyperband's; the strategy {strategy} has none."
    if strategy == "Grid":
        yield from _grid_problems(config, definitions)
    if strategy == "Hyperband":
        yield from _hyperband_problems(request, definitions)


def _grid_problems(config: Mapping[str, Any], definitions: Sequence[Definition]) -> Iterator[str]:
    for definition in definitions:
        for space in definition.ranges:
            if space.kind is not RangeKind.CATEGORICAL:
                yield f"Grid search takes categorical ranges only, but '{space.name}' is {space.kind}."
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    product = sum(combinations(definition.ranges) for definition in definitions)
    if most is not None and most != product and not _has_numbers(definitions):
        yield (
            f"MaxNumberOfTrainingJobs is {most}, but the grid has {product} combinations; "
            "give that number or leave it out."
        )


def _has_numbers(definitions: Sequence[Definition]) -> bool:
    return any(
        space.kind is not RangeKind.CATEGORICAL for one in definitions for space in one.ranges
    )


def _hyperband_problems(
    request: Mapping[str, Any], definitions: Sequence[Definition]
) -> Iterator[str]:
    config = request["HyperParameterTuningJobConfig"]
    if config.get("TrainingJobEarlyStoppingType") == "Auto":
        yield "Hyperband stops training jobs itself: TrainingJobEarlyStoppingType must be Off."
    for definition in definitions:
        resource = resource_of(request, definition)
        if resource is None:
            yield (
                "Hyperband needs MaxResource in its HyperbandStrategyConfig, or a static hyperparameter "
                f"that gives it: {', '.join(EPOCHS)}."
            )
        elif not 1 <= resource[0] < resource[1] <= MOST_EPOCHS:
            yield (
                f"Hyperband needs 1 <= MinResource < MaxResource <= {MOST_EPOCHS} "
                f"but got {resource[0]} and {resource[1]}."
            )


def _several_problems(
    request: Mapping[str, Any], definitions: Sequence[Definition]
) -> Iterator[str]:
    if not request.get("TrainingJobDefinitions"):
        return
    names = Counter(definition.name for definition in definitions)
    if len(definitions) > 1 and "" in names:
        yield "Each of several TrainingJobDefinitions needs a DefinitionName."
    for name, count in names.items():
        if count > 1 and name:
            yield f"The DefinitionName '{name}' is given {count} times; each must be unique."
    if len({definition.objective.maximize for definition in definitions}) > 1:
        yield "The objectives of several TrainingJobDefinitions must have the same Type."
    config = request["HyperParameterTuningJobConfig"]
    if len(definitions) > 1 and request.get("WarmStartConfig"):
        yield "Warm start is for one TrainingJobDefinition only."
    if len(definitions) > 1 and config.get("TrainingJobEarlyStoppingType") == "Auto":
        yield "TrainingJobEarlyStoppingType Auto is for one TrainingJobDefinition only."


def _range_problems(definition: Definition, algorithm: Algorithm | None) -> Iterator[str]:
    ranges = definition.ranges
    if not ranges:
        yield "A tuning job needs at least one range in ParameterRanges."
    if len(ranges) > MOST_RANGES:
        yield f"A tuning job has at most {MOST_RANGES} ranges but got {len(ranges)}."
    total = len(ranges) + len(definition.static)
    if total >= MOST_HYPERPARAMETERS:
        yield (
            f"A training job has at most {MOST_HYPERPARAMETERS} hyperparameters, the objective metric "
            f"that tuning adds among them, but got {total} and that."
        )
    for name, count in Counter(space.name for space in ranges).items():
        if count > 1:
            yield f"The hyperparameter '{name}' has {count} ranges; allowed is one."
    for space in ranges:
        yield from _one_range_problems(space, definition, algorithm)


def _one_range_problems(
    space: Range, definition: Definition, algorithm: Algorithm | None
) -> Iterator[str]:
    if space.name in definition.static:
        yield f"The hyperparameter '{space.name}' is both static and in a range."
    if len(space.values) > _MOST_VALUES:
        yield (
            f"The range of '{space.name}' has {len(space.values)} values; at most {_MOST_VALUES} are allowed."
        )
    if algorithm is None:
        return
    known = algorithm.hyperparameter(space.name)
    if known is None or not known.tunable:
        names = ", ".join(sorted(one.name for one in algorithm.hyperparameters if one.tunable))
        yield f"The hyperparameter '{space.name}' of {algorithm.name} is not tunable; tunable: {names}."
    elif space.kind is RangeKind.CONTINUOUS and known.kind is Kind.INTEGER:
        yield (
            f"The hyperparameter '{space.name}' of {algorithm.name} is an integer; "
            "give it an entry in IntegerParameterRanges."
        )
