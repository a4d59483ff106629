"""The data that a definition reads and that must be there before the start. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from params.environment import Environment
from pipelines.definition.algorithms._base import Algorithm, split_image
from pipelines.definition.built_in import algorithm_of
from pipelines.definition.document import Definition, StepDefinition
from pipelines.definition.expressions import StepReference, references, walk
from pipelines.deploy.inputs import is_s3_uri
from pipelines.deploy.known import UNKNOWN, KnownValues, members, objects, training_jobs

# Type of a channel that names none.
_DEFAULT_TYPES = {"xgboost": "text/libsvm", "linear-learner": "application/x-recordio-protobuf"}
# Lists of inputs -> the member that names an entry.
_INPUTS = {"ProcessingInputs": "InputName", "InputDataConfig": "ChannelName"}
# With one of these, the image of an algorithm runs a script, which reads what it likes.
_SCRIPT = ("sagemaker_program", "sagemaker_submit_directory")
# What LinearLearner and XGBoost train and test on; other channels bring code.
_DATA_CHANNELS = ("train", "validation", "test")


@dataclass(frozen=True)
class Source:
    """One input: `reader` is the algorithm that trains on it, None when something else reads it.

    `manifest` tells that the object at the URI lists the data.
    """

    uri: str
    where: str
    reader: Algorithm | None = None
    content_type: str = ""
    gzip: bool = False
    manifest: bool = False

    @property
    def bucket(self) -> str:
        return self.uri.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        return self.uri.removeprefix("s3://").partition("/")[2]


def sources(definition: Definition, environment: Environment) -> tuple[Source, ...]:
    """In the order of the steps; without what other steps make and what upsert publishes."""
    known = KnownValues(definition)
    assets = f"s3://{environment.bucket}/{environment.shared_prefix}/assets/"
    return tuple(
        source
        for step in definition.steps
        for each in (step, *step.body)
        for source in _of_step(each, known)
        if is_s3_uri(source.uri) and not source.uri.startswith(assets)
    )


def _of_step(step: StepDefinition, known: KnownValues) -> Iterator[Source]:
    for job in training_jobs(step):
        reader = _reader(job, known)
        for key, naming in _INPUTS.items():
            for entry in objects(job.get(key)):
                name = known.text(entry.get(naming))
                own = reader if name in _DATA_CHANNELS else None
                yield from _of_input(entry, Source("", f"{step.name}, {name}", own), known)
    for entry in objects([step.arguments.get("TransformInput")]):
        yield from _of_input(entry, Source("", f"{step.name}, transform input"), known)


def _of_input(entry: Mapping[str, Any], source: Source, known: KnownValues) -> Iterator[Source]:
    """`source` with what the entry says of it; nothing when its URI is not known."""
    for path, value in members(entry):
        if path[-1] != "S3Uri" or _is_made(value) or UNKNOWN in (uri := known.text(value)):
            continue
        default = _DEFAULT_TYPES.get(source.reader.name, "") if source.reader else ""
        kinds = (known.text(member) for name, member in members(entry) if name[-1] == "S3DataType")
        yield replace(
            source,
            uri=uri,
            content_type=known.text(entry["ContentType"]) if "ContentType" in entry else default,
            gzip=entry.get("CompressionType") == "Gzip",
            manifest=any("Manifest" in kind for kind in kinds),
        )


def _reader(job: Mapping[str, Any], known: KnownValues) -> Algorithm | None:
    """The algorithm that a training job runs as it came; None for scripts and all other jobs."""
    for specification in objects([job.get("AlgorithmSpecification")]):
        named = {path[-1] for path, _ in members(job)}
        if named.isdisjoint(_SCRIPT) and not specification.get("ContainerEntrypoint"):
            repository, _ = split_image(known.text(specification.get("TrainingImage")))
            return algorithm_of(repository)
    return None


def _is_made(value: object) -> bool:
    return any(isinstance(each, StepReference) for _, each in references(walk(value)))
