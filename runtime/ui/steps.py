"""The steps of one execution as pages show them: what the definition says, joined with what happened. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pipelines.definition.document import Definition, StepDefinition, parse
from pipelines.definition.graph import upstream

Document = Mapping[str, Any]
WAITING, NOT_RUN, CACHED, REUSED = "Waiting", "Not run", "Cached", "Reused"
# Step metadata -> the word in Describe<kind>, <kind>Name and the group of its logs.
_KINDS = {
    "TrainingJob": "TrainingJob",
    "ProcessingJob": "ProcessingJob",
    "TransformJob": "TransformJob",
    "TuningJob": "HyperParameterTuningJob",
    "Model": "Model",
    "RegisterModel": "ModelPackage",
}


@dataclass(frozen=True)
class Job:
    """What a step made: `kind` is the word in Describe<kind>."""

    kind: str
    arn: str

    @property
    def name(self) -> str:
        """A model package is described by its ARN."""
        return self.arn if self.kind == "ModelPackage" else self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Step:
    """One step; `definition` is None for a child that a ForEach repeated, which then has `parent` and `item`.

    `status` is the API's word, or Cached, Reused, Waiting, Not run.
    """

    name: str
    type: str
    status: str
    definition: StepDefinition | None = None
    start: float | None = None
    end: float | None = None
    reason: str = ""
    attempts: int = 0
    source: str = ""
    outcome: str = ""
    parent: str = ""
    item: str = ""
    description: str = ""
    job: Job | None = None
    metadata: Document = field(default_factory=dict)

    @property
    def started(self) -> bool:
        return self.start is not None

    @property
    def running(self) -> bool:
        return self.started and self.end is None


@lru_cache(maxsize=64)
def read(text: str) -> Definition:
    """A definition that the API gave out: it was checked when it was taken in."""
    return parse(text)


@lru_cache(maxsize=64)
def waits_of(text: str) -> Mapping[str, frozenset[str]]:
    """Step -> the steps it waits for directly."""
    return upstream(read(text))


def join(definition: Definition, records: Sequence[Document], *, finished: bool) -> list[Step]:
    """All steps in the definition's order, each ForEach followed by its children; `finished` is the execution's."""
    recorded = {record["StepName"]: record for record in records}
    children: dict[str, list[Step]] = {}
    for record in records:
        if context := record.get("IterationContext"):
            parent = context["ParentStepName"]
            children.setdefault(parent, []).append(happened(record))
    steps: list[Step] = []
    for step in definition.steps:
        if step.name in recorded:
            steps.append(happened(recorded[step.name], step.type, step))
        else:
            word = NOT_RUN if finished else WAITING
            steps.append(Step(step.name, step.type, word, step, description=step.description or ""))
        types = {inner.name: inner.type for inner in step.body}
        found = sorted(children.get(step.name, ()), key=lambda child: _numbered(child.name))
        steps += [_typed(child, types) for child in found]
    return steps


def happened(record: Document, kind: str = "", definition: StepDefinition | None = None) -> Step:
    """A record of ListPipelineExecutionSteps."""
    metadata = record.get("Metadata", {})
    context = record.get("IterationContext", {})
    return Step(
        name=record["StepName"],
        type=kind,
        status=_status(record),
        definition=definition,
        start=record.get("StartTime"),
        end=record.get("EndTime"),
        reason=record.get("FailureReason", ""),
        attempts=record.get("AttemptCount", 1),
        source=_source(record),
        outcome=metadata.get("Condition", {}).get("Outcome", ""),
        parent=context.get("ParentStepName", ""),
        item=context.get("Item", ""),
        description=record.get("StepDescription", ""),
        job=_job(metadata),
        metadata=metadata,
    )


def _status(record: Document) -> str:
    if record.get("CacheHitResult"):
        return CACHED
    return REUSED if record.get("SelectiveExecutionResult") else str(record["StepStatus"])


def _source(record: Document) -> str:
    """The execution that did the work, when it was not this one."""
    found = record.get("CacheHitResult") or record.get("SelectiveExecutionResult") or {}
    return str(found.get("SourcePipelineExecutionArn", ""))


def _job(metadata: Document) -> Job | None:
    for key, kind in _KINDS.items():
        if arn := metadata.get(key, {}).get("Arn"):
            return Job(kind, arn)
    return None


def _typed(child: Step, types: Mapping[str, str]) -> Step:
    kind = types.get(child.name.rpartition("-")[0], "")
    return Step(**{**child.__dict__, "type": kind})


def _numbered(name: str) -> tuple[int, str]:
    base, _, index = name.rpartition("-")
    return (int(index) if index.isdecimal() else 0, base)
