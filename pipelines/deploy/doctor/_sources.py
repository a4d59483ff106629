"""The data that a definition reads and that must be there before the start. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from params.environment import Environment
from pipelines.definition.algorithms._base import Algorithm, split_image
from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.definition.algorithms.xgboost import XGBoost
from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.expressions import StepReference, references, walk
from pipelines.deploy.inputs import is_s3_uri
from pipelines.deploy.known import UNKNOWN, KnownValues, members

_BUILT_IN: tuple[Algorithm, ...] = (LinearLearner(), XGBoost())
# Type of a channel that names none.
_DEFAULT_TYPES = {"xgboost": "text/libsvm", "linear-learner": "application/x-recordio-protobuf"}
# Lists of inputs -> the member that names an entry.
_INPUTS = {"ProcessingInputs": "InputName", "InputDataConfig": "ChannelName"}


@dataclass(frozen=True)
class Source:
    """One input: `reader` is the algorithm that trains on it, None when something else reads it."""

    uri: str
    where: str
    reader: Algorithm | None = None
    content_type: str = ""
    gzip: bool = False

    @property
    def bucket(self) -> str:
        return self.uri.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        return self.uri.removeprefix("s3://").partition("/")[2]


def sources(definition: Definition, environment: Environment) -> tuple[Source, ...]:
    """In the order of the steps; without what other steps make and what upsert publishes."""
    known = KnownValues(definition)
    assets = f"s3://{environment.bucket}/{environment.prefix}/assets/"
    return tuple(
        source
        for step in definition.steps
        for each in (step, *step.body)
        for source in _of_step(each, known)
        if is_s3_uri(source.uri) and not source.uri.startswith(assets)
    )


def _of_step(step: StepDefinition, known: KnownValues) -> Iterator[Source]:
    for path, value in members(step.arguments):
        if path[0] in ("IfSteps", "ElseSteps", "ForEachBody"):
            continue
        if path[-1] in _INPUTS and isinstance(value, list):
            reader = (
                _reader(step.arguments, path[:-1], known) if "InputDataConfig" in path else None
            )
            for entry in value:
                if isinstance(entry, Mapping):
                    yield from _of_input(step, entry, entry.get(_INPUTS[path[-1]]), reader, known)
        elif path[-1] == "TransformInput" and isinstance(value, Mapping):
            yield from _of_input(step, value, "transform input", None, known)


def _of_input(
    step: StepDefinition,
    entry: Mapping[str, Any],
    name: object,
    reader: Algorithm | None,
    known: KnownValues,
) -> Iterator[Source]:
    for path, value in members(entry):
        if path[-1] != "S3Uri" or _is_made(value):
            continue
        uri = known.text(value)
        if UNKNOWN not in uri:
            default = _DEFAULT_TYPES.get(reader.name, "") if reader else ""
            kind = known.text(entry["ContentType"]) if "ContentType" in entry else default
            gzip = entry.get("CompressionType") == "Gzip"
            yield Source(uri, f"{step.name}, {known.text(name)}", reader, kind, gzip)


def _reader(
    arguments: Mapping[str, Any], path: tuple[str, ...], known: KnownValues
) -> Algorithm | None:
    """The algorithm of the training job whose channels stand at the path."""
    job: object = arguments
    for name in path:
        job = job.get(name) if isinstance(job, Mapping) else None
    specification = job.get("AlgorithmSpecification") if isinstance(job, Mapping) else None
    if not isinstance(specification, Mapping):
        return None
    repository, _ = split_image(known.text(specification.get("TrainingImage")))
    return next((each for each in _BUILT_IN if repository in each.repositories), None)


def _is_made(value: object) -> bool:
    return any(isinstance(each, StepReference) for _, each in references(walk(value)))
