"""Tuning: the properties are DescribeHyperParameterTuningJob's answer and the training jobs, best first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from runtime.executors._base import Document, StepContext
from runtime.executors._jobs import JobExecutor

# How many training jobs `TrainingJobSummaries[i]` can address.
_SUMMARIES = 50


class TuningExecutor(JobExecutor):
    step_type = "Tuning"
    kind = "HyperParameterTuningJob"
    metadata_key = "TuningJob"
    longest_name = 32
    # The service leaves internal errors to the RetryStrategy of the training jobs.
    exception_types: ClassVar[Mapping[str, str]] = {
        "CapacityError": "SageMaker.CAPACITY_ERROR",
    }

    def properties(self, description: Document, context: StepContext) -> Document:
        summaries = context.invoke(
            "ListTrainingJobsForHyperParameterTuningJob",
            {
                "HyperParameterTuningJobName": description["HyperParameterTuningJobName"],
                "SortBy": "FinalObjectiveMetricValue",
                "SortOrder": "Descending" if _maximizes(description) else "Ascending",
                "MaxResults": _SUMMARIES,
            },
        )
        # The first one is BestTrainingJob, which has completed if any has.
        ranked = sorted(
            summaries["TrainingJobSummaries"],
            key=lambda entry: bool(entry["TrainingJobStatus"] != "Completed"),
        )
        return {**description, "TrainingJobSummaries": ranked}


def _maximizes(description: Document) -> bool:
    config = description["HyperParameterTuningJobConfig"]
    definitions = description.get("TrainingJobDefinitions") or [{}]
    objective = config.get("HyperParameterTuningJobObjective") or definitions[0].get(
        "TuningObjective", {}
    )
    return bool(objective.get("Type") == "Maximize")
