"""Why a step's cache never hits: what is compared with earlier executions, and differs in each.

A step hits when what KEY_ATTRIBUTES names of its request, with its expressions resolved, is what an earlier success
of the step had. A property of another step stays the same when that step hits too (it then gives the old job's), or
when it repeats a fixed part of that step's request. What a file or a function gives may stay the same: it counts as
fixed, and so do parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.definition.caching import KEY_ATTRIBUTES, compared
from pipelines.definition.document import StepDefinition
from pipelines.definition.expressions import (
    ExecutionReference,
    ExperimentReference,
    Key,
    Reference,
    Segment,
    StepReference,
    is_expression,
    references,
    walk,
)
from pipelines.definition.graph import CycleError, sort_steps
from pipelines.rules._subject import Subject

_VARIABLES = (
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "StartDateTime",
    "CurrentDateTime",
    "TrainingJobName",
    "ProcessingJobName",
)
# Properties that name or belong to the one job or model: other ones for each.
_OWN = {
    "Processing": ("ProcessingJobName", "ProcessingJobArn"),
    "Training": ("TrainingJobName", "TrainingJobArn", "ModelArtifacts"),
    "Tuning": (
        *("HyperParameterTuningJobName", "HyperParameterTuningJobArn"),
        *("BestTrainingJob", "TrainingJobSummaries"),
    ),
    "Transform": ("TransformJobName", "TransformJobArn"),
    "Model": ("ModelName", "ModelArn"),
    "RegisterModel": ("ModelPackageName", "ModelPackageArn", "ModelPackageVersion"),
}
_NAMING = {"Outputs": "OutputName", "ProcessingInputs": "InputName"}


@dataclass(frozen=True)
class Volatile:
    """A compared value that differs in every execution. `pointer` is the whole expression's, `source` is the step that it comes from, None for a variable;
    `reason` completes "`attribute` is compared, and ..."; `written` is the reference."""

    pointer: str
    attribute: str
    written: str
    reason: str
    source: str | None = None


@dataclass
class CacheAnalysis:
    """`missing` has, by step, what keeps its cache from hitting; `because` the cached steps upstream that never hit."""

    missing: dict[str, list[Volatile]] = field(default_factory=dict)
    because: dict[str, set[str]] = field(default_factory=dict)

    def followers(self, name: str) -> list[str]:
        """The cached steps that never hit because this one does not."""
        return [step for step, roots in self.because.items() if name in roots]


def analyse(subject: Subject) -> CacheAnalysis:
    """Look at every step in the order in which they run. Says nothing of steps that wait for each other."""
    try:
        order = sort_steps(subject.upstream)
    except CycleError:
        return CacheAnalysis()
    return _Analysis(subject).run(order)


def enabled(step: StepDefinition) -> bool:
    """Whether a step asks for its cache."""
    return step.cache is not None and step.cache.get("Enabled") is True


class _Analysis:
    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._result = CacheAnalysis()
        self._known: dict[StepReference, tuple[str, str] | None] = {}

    def run(self, order: tuple[str, ...]) -> CacheAnalysis:
        for name in order:
            step = self._subject.steps[name]
            # In this order each reference is looked up after those that its value is made of.
            for _, reference in self._subject.step_references.get(step.pointer, ()):
                self._reason(reference)
            part = compared(step.type, step.arguments) if enabled(step) else None
            if part is not None:
                self._step(step, part)
        return self._result

    def _step(self, step: StepDefinition, part: Mapping[str, Any]) -> None:
        own: list[Volatile] = []
        roots: set[str] = set()
        for attribute, value in part.items():
            for found in self._volatile(value, f"{step.pointer}/Arguments/{attribute}", attribute):
                if found.source is None or not self._never_hits(found.source):
                    own.append(found)
                else:
                    # The mistake is reported at the step where it begins.
                    roots |= {found.source, *self._result.because.get(found.source, ())}
        if own:
            self._result.missing[step.name] = own
        if roots:
            self._result.because[step.name] = roots

    def _volatile(self, value: Any, pointer: str, attribute: str) -> Iterator[Volatile]:
        outermost = ""
        for where, expression in walk(value, pointer):
            if not (outermost and where.startswith(f"{outermost}/")):
                outermost = where
            for _, reference in references([(where, expression)]):
                if found := self._reason(reference):
                    written, reason = found
                    source = reference.step if isinstance(reference, StepReference) else None
                    yield Volatile(outermost, attribute, written, reason, source)

    def _reason(self, reference: Reference) -> tuple[str, str] | None:
        """How a reference is written, and why its value differs in each execution; None if it does not."""
        if isinstance(reference, ExecutionReference) and reference.name in _VARIABLES:
            return f"Execution.{reference.name}", "has a new value in each execution"
        if isinstance(reference, ExperimentReference):
            return self._experiment(reference)
        if not isinstance(reference, StepReference):
            return None
        if reference not in self._known:
            self._known[reference] = self._property(reference)
        return self._known[reference]

    def _property(self, reference: StepReference) -> tuple[str, str] | None:
        step = self._subject.steps.get(reference.step)
        if step is None or not reference.path or self._hits(step):
            return None
        first = str(reference.path[0])
        if first in _OWN.get(step.type, ()):
            return f"Steps.{step.name}.{first}", f"is a new one each time '{step.name}' runs"
        inner = self._repeated(step, reference.path)
        if inner is None:
            return None
        return f"Steps.{step.name}.{first}", f"holds {inner}, new each time '{step.name}' runs"

    def _repeated(self, step: StepDefinition, path: tuple[Segment, ...]) -> str | None:
        """What is volatile in the part of the step's request that a property repeats."""
        for _, reference in references(walk(_follow(step.arguments, path))):
            if found := self._reason(reference):
                return found[0]
        return None

    def _experiment(self, reference: ExperimentReference) -> tuple[str, str] | None:
        config = self._subject.definition.document.get("PipelineExperimentConfig")
        written = config.get(reference.name) if isinstance(config, Mapping) else None
        for _, inner in references(walk(written)):
            if isinstance(inner, ExecutionReference) and (found := self._reason(inner)):
                return f"PipelineExperimentConfig.{reference.name}", f"holds {found[0]}"
        return None

    def _hits(self, step: StepDefinition) -> bool:
        """Whether a step gives what an earlier execution gave. Steps of types not known here are given the benefit."""
        if step.type in KEY_ATTRIBUTES:
            return enabled(step) and not self._never_hits(step.name)
        return step.type not in _OWN

    def _never_hits(self, name: str) -> bool:
        return name in self._result.missing or name in self._result.because


def _follow(request: Any, path: tuple[Segment, ...]) -> Any:
    """The part of a request that a property path repeats; None where it leads to nothing."""
    current, owner = request, ""
    for segment in path:
        if isinstance(current, Mapping) and is_expression(current):
            return current
        if isinstance(current, Mapping):
            key = segment.name if isinstance(segment, Key) else segment
            current, owner = current.get(key), str(key)
        elif isinstance(current, list):
            current = _entry(current, owner, segment)
        else:
            return None
    return current


def _entry(entries: list[Any], owner: str, segment: Segment) -> Any:
    if isinstance(segment, int):
        return entries[segment] if segment < len(entries) else None
    naming = _NAMING.get(owner)
    name = segment.name if isinstance(segment, Key) else segment
    named = (each for each in entries if isinstance(each, Mapping) and each.get(naming) == name)
    return next(named, None)
