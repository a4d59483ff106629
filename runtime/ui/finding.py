"""Which execution a job or a model package comes from.

Neither SageMaker nor this runtime says so outright. A step's job has the execution's id in its name; a model package
may name its execution in CustomerMetadataProperties; else the executions that ran when it was made are looked through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runtime.api import ApiError
from runtime.ui.site import Document, Site
from runtime.ui.steps import Step, happened

# `pipelines-<id>-<step>-<random>`, or `<id>-<step>-<random>` where names must be short.
_JOB = re.compile(r"(?:pipelines-)?([a-z0-9]{12})-.+")
_PROPERTY = "PipelineExecutionArn"
# Of each pipeline, the executions begun last before a package was made.
_LOOKED_AT = 20


@dataclass(frozen=True)
class Origin:
    """An execution and the step of it that made something; `step` is empty when the step is not known."""

    arn: str
    pipeline: str
    step: str = ""

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


def execution_of_job(site: Site, name: str) -> Origin | None:
    """The execution whose step runs the job; None for a job that a client started itself."""
    named = _JOB.fullmatch(name)
    if not named:
        return None
    for pipeline in site.each("ListPipelines", "PipelineSummaries"):
        arn = site.execution_arn(pipeline["PipelineName"], named[1])
        for step in steps_of(site, arn):
            if step.job and step.job.name == name:
                return Origin(arn, pipeline["PipelineName"], step.name)
    return None


def execution_of_package(site: Site, package: Document) -> Origin | None:
    """The execution that registered a model package; None when a client did."""
    arn = package["ModelPackageArn"]
    for execution, pipeline in _candidates(site, package):
        for step in steps_of(site, execution):
            if step.job and step.job.arn == arn:
                return Origin(execution, pipeline, step.name)
    return None


def _candidates(site: Site, package: Document) -> Iterator[tuple[str, str]]:
    """ARNs of executions that may have registered it, with their pipelines; the likeliest first."""
    named = str(package.get("CustomerMetadataProperties", {}).get(_PROPERTY, ""))
    pipeline = named.partition(":pipeline/")[2].partition("/execution/")[0]
    if pipeline:
        yield named, pipeline
    for summary in site.each("ListPipelines", "PipelineSummaries"):
        answer = site.call(
            "ListPipelineExecutions",
            PipelineName=summary["PipelineName"],
            CreatedBefore=package["CreationTime"],
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=_LOOKED_AT,
        )
        for execution in answer["PipelineExecutionSummaries"]:
            if execution["PipelineExecutionArn"] != named:
                yield execution["PipelineExecutionArn"], summary["PipelineName"]


def steps_of(site: Site, execution: str) -> list[Step]:
    """What happened in an execution; nothing when it is not known."""
    try:
        found = site.each(
            "ListPipelineExecutionSteps", "PipelineExecutionSteps", PipelineExecutionArn=execution
        )
        return [happened(record) for record in found]
    except ApiError:
        return []  # deleted, or never one of this runtime's
