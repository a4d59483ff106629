"""What a Tuning step shows to the steps after it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from runtime.executors._base import StepContext
from runtime.executors.tuning import TuningExecutor


class Context:
    """Answers the listing of training jobs with these, and remembers what was asked."""

    def __init__(self, *statuses: str) -> None:
        self.asked: dict[str, Any] = {}
        self.jobs = [
            {"TrainingJobName": f"t-{number}", "TrainingJobStatus": status}
            for number, status in enumerate(statuses)
        ]

    def invoke(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "ListTrainingJobsForHyperParameterTuningJob"
        self.asked = request
        return {"TrainingJobSummaries": self.jobs}


@pytest.mark.parametrize(("kind", "order"), [("Minimize", "Ascending"), ("Maximize", "Descending")])
def test_training_jobs_come_best_first_and_stopped_ones_after_those_with_a_model(
    kind: str, order: str
) -> None:
    objective = {"Type": kind, "MetricName": "loss"}
    described = {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": {"HyperParameterTuningJobObjective": objective},
    }
    context = Context("Stopped", "Completed", "Stopped", "Completed")
    properties = TuningExecutor().properties(described, cast(StepContext, context))
    names = [entry["TrainingJobName"] for entry in properties["TrainingJobSummaries"]]
    assert names == ["t-1", "t-3", "t-0", "t-2"]
    assert context.asked["SortOrder"] == order
