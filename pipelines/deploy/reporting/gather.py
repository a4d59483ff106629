"""Asks for everything a report says. Public API only: it works against AWS and the runtime alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from pipelines.definition.document import Definition
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.errors import DeployError, ServiceError
from pipelines.deploy.planning import prices
from pipelines.deploy.provenance import COMMIT, DEFINITION, digest, read_note
from pipelines.deploy.reporting.content import Content, Origin, Parameter, Where
from pipelines.deploy.reporting.costs import Costs, costs
from pipelines.deploy.reporting.curves import curves
from pipelines.deploy.reporting.profile import Profile, read_profile
from pipelines.deploy.reporting.quality import read_quality
from pipelines.deploy.reporting.trainings import Training, Tuning, read_training, read_tuning
from pipelines.deploy.reporting.values import mapping
from pipelines.deploy.watching.execution import ExecutionView, Status, StepView
from pipelines.deploy.watching.findings import Findings

# Where Prepare writes what it learned about the data (steps/prepare.py).
_MANIFEST = ("manifest", "features.json")
# Lines of a log that are looked at for metrics: XGBoost writes one a round.
_MOST_LINES = 50_000


def gather(
    endpoint: Endpoint,
    definition: Definition,
    view: ExecutionView,
    findings: Findings,
    *,
    every_trial: bool = False,
) -> Content:
    """Ask for all there is; `every_trial` reads the logs of all trials, not only of the best.

    What cannot be read (who deploys may lack the permission) is noted and left out.
    """
    return _Gatherer(endpoint, view).content(definition, findings, every_trial=every_trial)


class _Gatherer:
    """Collects what is refused instead of stopping at it."""

    def __init__(self, endpoint: Endpoint, view: ExecutionView) -> None:
        self._endpoint = endpoint
        self._aws = endpoint.aws
        self._executions = Executions(endpoint.aws)
        self._logs = Logs(endpoint.aws)
        self._view = view
        self._unread: list[str] = []

    def content(self, definition: Definition, findings: Findings, *, every_trial: bool) -> Content:
        tunings = tuple(self._tunings(every_trial=every_trial))
        evaluation = findings.evaluation
        environment = self._endpoint.environment
        return Content(
            where=Where(
                environment.name if environment else "",
                self._endpoint.label,
                self._endpoint.state is not None,
            ),
            view=self._view,
            definition=definition,
            origin=self._origin(),
            parameters=tuple(self._parameters(definition)),
            findings=findings,
            profile=self._profile(),
            quality=read_quality(evaluation.document) if evaluation else None,
            trainings=dict(self._trainings()),
            tunings=tunings,
            costs=self._costs(tunings),
            unread=(*findings.unread, *dict.fromkeys(self._unread)),
            read=datetime.now(UTC),
        )

    def _origin(self) -> Origin:
        arn, pipeline = self._view.arn, self._view.pipeline
        try:
            found = Origin(digest(self._aws.execution_definition(arn)))
            version = self._aws.describe_execution(arn).get("PipelineVersionId")
            found = replace(found, version=version)
            for summary in self._aws.list_versions(pipeline) if version is not None else ():
                if summary["PipelineVersionId"] == version:
                    _, commit = read_note(summary.get("PipelineVersionDescription", ""))
                    if commit:
                        return replace(found, commit=commit.sha, author=commit.author)
            return replace(found, commit=self._tagged(found.digest))
        except ServiceError as error:
            self._unread.append(str(error))
            return Origin("")

    def _tagged(self, definition: str) -> str:
        """The commit among the pipeline's tags, when they are about this definition."""
        tags = self._aws.list_tags(self._view.arn.partition("/execution/")[0])
        commit = tags.get(COMMIT, "") if tags.get(DEFINITION) == definition else ""
        return "" if commit == "unknown" else commit

    def _parameters(self, definition: Definition) -> Iterator[Parameter]:
        given: Mapping[str, str] = {}
        try:
            given = self._aws.execution_parameters(self._view.arn)
        except ServiceError as error:
            self._unread.append(str(error))
        for each in definition.parameters:
            default = "" if each.default is None else _written(each.default)
            yield Parameter(each.name, given.get(each.name, default), each.name in given)

    def _profile(self) -> Profile | None:
        name, file = _MANIFEST
        for step in self._succeeded("ProcessingJob"):
            config = mapping(step.description).get("ProcessingOutputConfig", {})
            for output in config.get("Outputs", []):
                if output.get("OutputName") != name or "S3Output" not in output:
                    continue
                uri = f"{output['S3Output']['S3Uri'].rstrip('/')}/{file}"
                try:
                    found = read_profile(self._aws.read_json(uri))
                except ServiceError as error:
                    self._unread.append(str(error))
                    continue
                if found:
                    return found
        return None

    def _trainings(self) -> Iterator[tuple[str, Training]]:
        for step in self._view.steps:
            if step.job and step.job.kind == "TrainingJob" and step.description:
                found = read_training(step.description)
                read = self._curves(found.job, step.description)
                yield step.name, replace(found, curves=read)

    def _tunings(self, *, every_trial: bool) -> Iterator[Tuning]:
        for step in self._view.steps:
            if step.job is None or step.job.kind != "TuningJob" or not step.description:
                continue
            try:
                summaries = self._executions.trials(step.job.name)
            except ServiceError as error:
                self._unread.append(str(error))
                continue
            found = read_tuning(step.name, step.description, summaries)
            trials = (
                (
                    replace(each, curves=self._curves(each.job, {}))
                    if every_trial or each.job == found.best
                    else each
                )
                for each in found.trials
            )
            yield replace(found, trials=tuple(trials))

    def _curves(self, job: str, described: Mapping[str, Any]) -> dict[str, list[tuple[int, float]]]:
        definitions = mapping(described.get("AlgorithmSpecification")).get("MetricDefinitions", [])
        try:
            streams = self._logs.streams("TrainingJob", job)
            # All hosts of a job print the same metrics.
            read = (self._logs.read("TrainingJob", each, None) for each in streams[:1])
            lines = (line.message for line, _ in chain.from_iterable(read))
            return curves(islice(lines, _MOST_LINES), definitions)
        except ServiceError as error:
            self._unread.append(str(error))
            return {}

    def _costs(self, tunings: tuple[Tuning, ...]) -> Costs | None:
        try:
            region = self._view.arn.split(":")[3]
            return costs(self._view, tunings, prices.load(region))
        except DeployError as error:
            self._unread.append(str(error))
            return None

    def _succeeded(self, kind: str) -> Iterator[StepView]:
        for step in self._view.steps:
            if step.job and step.job.kind == kind and step.status is Status.SUCCEEDED:
                yield step


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
