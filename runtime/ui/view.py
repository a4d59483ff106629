"""An execution as its pages need it: what the API says of it, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipelines.definition.document import Definition
from runtime.starting import Refused as NotStartable
from runtime.starting import resolve_parameters
from runtime.state import ExecutionStatus
from runtime.ui.site import Document, Site
from runtime.ui.steps import Step, join, read

Values = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class ExecutionView:
    """`text` is the definition that runs, `given` the parameters that were given at start."""

    arn: str
    pipeline: str
    described: Document
    text: str
    steps: tuple[Step, ...]
    given: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def name(self) -> str:
        return str(self.described.get("PipelineExecutionDisplayName") or self.id)

    @property
    def status(self) -> ExecutionStatus:
        return ExecutionStatus(self.described["PipelineExecutionStatus"])

    @property
    def start(self) -> float:
        return float(self.described["CreationTime"])

    @property
    def end(self) -> float | None:
        return self.described["LastModifiedTime"] if self.status.is_finished() else None

    @property
    def definition(self) -> Definition:
        return read(self.text)

    @property
    def can_stop(self) -> bool:
        return self.status is ExecutionStatus.EXECUTING

    @property
    def can_retry(self) -> bool:
        """As RetryPipelineExecution decides: a Fail step is the pipeline's own end."""
        ended = self.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)
        return ended and not any("Fail" in step.metadata for step in self.steps)

    @cached_property
    def parameters(self) -> Values:
        """Typed values of all parameters, as the execution has them."""
        entries = [{"Name": name, "Value": value} for name, value in self.given.items()]
        try:
            return resolve_parameters(self.definition, entries)
        except NotStartable:
            return dict(self.given)  # it started, so this cannot be; show what was given

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)


def view(site: Site, pipeline: str, execution_id: str) -> ExecutionView:
    """Raises Refused (404)."""
    arn = site.execution_arn(pipeline, execution_id)
    described = site.find("DescribePipelineExecution", PipelineExecutionArn=arn)
    source = site.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    text = source["PipelineDefinition"]
    records = site.each(
        "ListPipelineExecutionSteps", "PipelineExecutionSteps", PipelineExecutionArn=arn
    )
    given = site.each(
        "ListPipelineParametersForExecution", "PipelineParameters", PipelineExecutionArn=arn
    )
    finished = ExecutionStatus(described["PipelineExecutionStatus"]).is_finished()
    return ExecutionView(
        arn=arn,
        pipeline=pipeline,
        described=described,
        text=text,
        steps=tuple(join(read(text), list(records), finished=finished)),
        given={entry["Name"]: entry["Value"] for entry in given},
    )
