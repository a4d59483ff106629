"""What the rules of metrics share: a job's own definitions, and the metrics that a built-in algorithm emits."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.rules._subject import Subject, TrainingDefinition, entries, mapping
from pipelines.rules.algorithms._channels import channels_of, names_of
from pipelines.rules.algorithms._jobs import BuiltIn

# What XGBoost evaluates when no metric is named, by the beginning of the objective's name; versions differ.
_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "reg:squarederror": ("rmse",),
    "reg:linear": ("rmse",),
    "reg:logistic": ("rmse",),
    "reg:absoluteerror": ("mae",),
    "reg:squaredlogerror": ("rmsle",),
    "binary:": ("logloss", "error"),
    "multi:": ("mlogloss", "merror"),
    "rank:": ("map", "ndcg"),
}
# Longer ones are refused for their length.
_LONGEST = 500


def regexes_of(subject: Subject, training: TrainingDefinition) -> Iterator[tuple[str, str]]:
    """(pointer, regex) of every metric definition whose text is known now."""
    specification = mapping(training.request.get("AlgorithmSpecification"))
    for index, entry in entries(specification.get("MetricDefinitions")):
        regex = subject.value(entry.get("Regex"))
        if isinstance(regex, str) and 0 < len(regex) <= _LONGEST:
            yield f"{training.pointer}/AlgorithmSpecification/MetricDefinitions/{index}/Regex", regex


def defined(subject: Subject, training: TrainingDefinition) -> frozenset[str] | None:
    """The names in a job's own MetricDefinitions; None when they are not all known now."""
    written = mapping(training.request.get("AlgorithmSpecification")).get("MetricDefinitions")
    if written is not None and not isinstance(written, list):
        return None
    names = [subject.value(entry.get("Name")) for _, entry in entries(written)]
    texts = [name for name in names if isinstance(name, str)]
    return frozenset(texts) if len(texts) == len(written or ()) else None


@lru_cache(maxsize=1024)
def groups(regex: str) -> int | str:
    """How many groups a regular expression has, or why it is none.

    Java's named groups, which the service may take, are read as Python's.
    """
    translated = re.sub(r"\(\?<(?![=!])", "(?P<", regex)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(translated).groups
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)


def why_absent(job: BuiltIn, metric: str) -> str | None:
    """Why a training job would not emit a metric that its algorithm knows; None when it may."""
    channel = metric.partition(":")[0]
    names = names_of(channels_of(job.subject, job.training), job.training)
    without = names is not None and channel in ("validation", "test") and channel not in names
    if without and "_kfold" not in job.given:
        return f"the job has no channel '{channel}'"
    if isinstance(job.algorithm, LinearLearner):
        predictor = job.values.get("predictor_type")
        emitted = job.algorithm.metrics_of(predictor) if predictor else job.algorithm.metrics
        if all(each.name != metric for each in emitted):
            return f"predictor_type is {predictor}"
    return None


def why_not_evaluated(job: BuiltIn, metric: str) -> str | None:
    """Why XGBoost would not evaluate a metric that it knows; None when it may. It adds the objective's default."""
    named, goal = job.value_of("eval_metric"), job.value_of("objective")
    if job.algorithm.name != "xgboost" or not isinstance(goal, str):
        return None
    defaults = next((names for start, names in _DEFAULTS.items() if goal.startswith(start)), None)
    name, evaluated = metric.partition(":")[2], named.split(",") if isinstance(named, str) else []
    if defaults is None or (named is not None and not evaluated):
        return None
    if name in defaults or any(name == each.partition("@")[0] for each in evaluated):
        return None
    return (
        f"eval_metric is {named or 'not given'} and objective is {goal}; add {name} to eval_metric"
    )
