"""What the rules of metrics share: a job's own definitions, and the metrics that a built-in algorithm emits."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache

from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.rules._subject import Subject, TrainingDefinition, entries, mapping
from pipelines.rules.algorithms._channels import channels_of, names_of
from pipelines.rules.algorithms._jobs import BuiltIn

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
