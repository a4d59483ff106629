"""The door to what has run: finding, reading, steering executions. Beside `aws.py`, over the same clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_errors import code, translated
from pipelines.deploy.errors import ServiceError


class Executions:
    """Every method may raise ServiceError; lists are read page by page, as far as they are looked at."""

    def __init__(self, aws: Aws) -> None:
        self._sagemaker = aws.sagemaker

    def pipelines(self) -> list[str]:
        """The names of all pipelines, sorted."""
        with translated("ListPipelines"):
            return sorted(
                each["PipelineName"]
                for each in self._pages("list_pipelines", "PipelineSummaries", SortBy="Name")
            )

    def newest(self, pipeline: str) -> Iterator[dict[str, Any]] | None:
        """Summaries of a pipeline's executions, newest first; None when there is no such pipeline."""
        pages = self._pages(
            "list_pipeline_executions",
            "PipelineExecutionSummaries",
            PipelineName=pipeline,
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        with translated(f"ListPipelineExecutions {pipeline}"):
            try:
                first = next(pages, None)
            except ClientError as error:
                if code(error) == "ResourceNotFound":
                    return None
                raise
        return _after(first, pages, f"ListPipelineExecutions {pipeline}")

    def start_selected(
        self, pipeline: str, parameters: Mapping[str, str], steps: Sequence[str], source: str
    ) -> str:
        """Start an execution of some steps that takes everything else from `source`; its ARN."""
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        with translated(f"StartPipelineExecution {pipeline}"):
            answer = self._sagemaker.start_pipeline_execution(
                PipelineName=pipeline,
                SelectiveExecutionConfig={
                    "SourcePipelineExecutionArn": source,
                    "SelectedSteps": [{"StepName": step} for step in steps],
                },
                **({"PipelineParameters": given} if given else {}),
            )
            return str(answer["PipelineExecutionArn"])

    def retry(self, arn: str) -> None:
        """Continue an execution that has failed or was stopped: what succeeded is kept."""
        with translated(f"RetryPipelineExecution {arn}"):
            try:
                self._sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
            except ClientError as error:
                if code(error) == "ConflictException":  # it says why, and trying again won't help
                    raise ServiceError(error.response["Error"].get("Message", arn)) from error
                raise

    def trials(self, tuning_job: str) -> list[dict[str, Any]]:
        """Summaries of all training jobs of a tuning job, oldest first."""
        with translated(f"ListTrainingJobsForHyperParameterTuningJob {tuning_job}"):
            return list(
                self._pages(
                    "list_training_jobs_for_hyper_parameter_tuning_job",
                    "TrainingJobSummaries",
                    HyperParameterTuningJobName=tuning_job,
                    SortBy="CreationTime",
                    SortOrder="Ascending",
                )
            )

    def studio_domains(self) -> list[str]:
        """The ids of the account's Studio domains that can be used, the one changed last first."""
        with translated("ListDomains"):
            found = [
                each
                for each in self._pages("list_domains", "Domains")
                if each.get("Status") == "InService"
            ]
            found.sort(key=lambda each: each["LastModifiedTime"], reverse=True)
            return [each["DomainId"] for each in found]

    def _pages(self, operation: str, member: str, **request: Any) -> Iterator[dict[str, Any]]:
        for page in self._sagemaker.get_paginator(operation).paginate(**request):
            yield from page[member]


def _after(
    first: dict[str, Any] | None, rest: Iterator[dict[str, Any]], action: str
) -> Iterator[dict[str, Any]]:
    if first is None:
        return
    yield first
    with translated(action):
        yield from rest
