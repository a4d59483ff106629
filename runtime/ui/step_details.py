"""One step in detail: what it was asked, what its job did, what it wrote and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from runtime.api import ApiError
from runtime.expressions import Scope
from runtime.ui import logs
from runtime.ui.arguments import Argument, own, referring, steps_in
from runtime.ui.charts import Chart
from runtime.ui.conditions import in_words
from runtime.ui.curves import curves
from runtime.ui.jobs import Location, locations, metrics, results, transitions
from runtime.ui.remedies import remedy
from runtime.ui.site import Document, Site
from runtime.ui.steps import Job, Step, waits_of
from runtime.ui.view import ExecutionView

_TAIL = 200
_LONGEST_LOG = 40_000  # lines that are searched for metrics


@dataclass(frozen=True)
class Details:
    """`request` is the whole request as it was composed, `described` the job as the API describes it."""

    step: Step
    described: Document
    request: Mapping[str, Any]
    arguments: Sequence[Argument]
    inputs: Sequence[Location]
    outputs: Sequence[Location]
    waits: Sequence[str]
    followers: Sequence[str]
    conditions: Sequence[tuple[str, str]] = ()
    metrics: Sequence[tuple[str, float]] = ()
    results: Sequence[tuple[str, Any]] = ()
    history: Sequence[tuple[str, str, str]] = ()
    charts: Sequence[Chart] = ()
    log: logs.Lines = field(default_factory=logs.Lines)
    remedy: str = ""

    @property
    def cause(self) -> str:
        """What a job that failed wrote last."""
        lines = self.log.messages if self.step.status == "Failed" else ()
        return next((line for line in reversed(lines) if line.strip()), "")

    @property
    def has_log(self) -> bool:
        return logs.has_log(self.step.job)


def of(site: Site, seen: ExecutionView, step: Step) -> Details:
    described = _described(site, step.job)
    waits = waits_of(seen.text)
    inputs, outputs = locations(described)
    streams = logs.streams(site, step.job) if step.job and logs.has_log(step.job) else []
    definition, scope = step.definition, _scope(site, seen, step)
    return Details(
        step=step,
        described=described,
        request=own(definition) if definition else {},
        arguments=referring(definition, described, scope) if definition else (),
        conditions=(
            list(in_words(definition.arguments.get("Conditions", ()), scope))
            if definition and step.type == "Condition"
            else ()
        ),
        inputs=inputs,
        outputs=outputs,
        waits=sorted(waits.get(step.name, ())),
        followers=sorted(name for name, before in waits.items() if step.name in before),
        metrics=metrics(described),
        results=[*_of_metadata(step), *_results(step, described)],
        history=transitions(described),
        charts=_charts(site, step, described, streams),
        log=logs.tail(site, step.job, streams[0], _TAIL) if step.job and streams else logs.Lines(),
        remedy=remedy(step.type, step.reason) if step.status == "Failed" else "",
    )


def _described(site: Site, job: Job | None) -> Document:
    """What Describe* says of a job; empty when there is none, or none any more."""
    if job is None:
        return {}
    try:
        return site.call(f"Describe{job.kind}", **{f"{job.kind}Name": job.name})
    except ApiError:
        return {}


def _scope(site: Site, seen: ExecutionView, step: Step) -> Scope:
    """What the step's expressions refer to, from the descriptions of the steps it names."""
    named = steps_in(step.definition) if step.definition else set()
    found = {name: seen.step(name) for name in named}
    properties = {
        name: {**other.metadata, **_described(site, other.job)}
        for name, other in found.items()
        if other is not None and other.end is not None
    }
    variables = {
        "PipelineName": seen.pipeline,
        "PipelineArn": seen.described["PipelineArn"],
        "PipelineExecutionId": seen.id,
        "PipelineExecutionArn": seen.arn,
    }
    experiment = seen.described.get("PipelineExperimentConfig", {})
    return Scope(seen.definition, site.objects, seen.parameters, variables, experiment, properties)


def _of_metadata(step: Step) -> list[tuple[str, Any]]:
    """What the step list itself says: outcomes, messages, outputs of functions."""
    found: list[tuple[str, Any]] = []
    for key, value in step.metadata.items():
        if key == "Condition":
            found.append(("Outcome", value.get("Outcome")))
        elif key == "ForEach":
            found += [(name, shown) for name, shown in value.items() if not isinstance(shown, dict)]
        elif key in ("Lambda", "Callback"):
            found += [(each["Name"], each["Value"]) for each in value.get("OutputParameters", ())]
            found.append((key, value.get("Arn") or value.get("SqsQueueUrl")))
    return found


def _results(step: Step, described: Document) -> list[tuple[str, Any]]:
    name = step.job.name if step.job else ""
    return [(label, value) for label, value in results(described) if value != name]


def _charts(site: Site, step: Step, described: Document, streams: Sequence[str]) -> Sequence[Chart]:
    definitions = described.get("AlgorithmSpecification", {}).get("MetricDefinitions", ())
    if step.job is None or not streams or not definitions:
        return ()
    if step.end is None:
        return curves(logs.whole(site, step.job, streams[0], _LONGEST_LOG), definitions)
    named = tuple((each["Name"], each["Regex"]) for each in definitions)
    return _finished_charts(site, step.job, streams[0], named)


@lru_cache(maxsize=32)
def _finished_charts(
    site: Site, job: Job, stream: str, named: tuple[tuple[str, str], ...]
) -> Sequence[Chart]:
    """Those of a job that has ended do not change any more."""
    definitions = [{"Name": name, "Regex": regex} for name, regex in named]
    return tuple(curves(logs.whole(site, job, stream, _LONGEST_LOG), definitions))
