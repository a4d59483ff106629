"""Training: the properties are DescribeTrainingJob's answer."""

from __future__ import annotations

from runtime.executors._jobs import JobExecutor


class TrainingExecutor(JobExecutor):
    step_type = "Training"
    kind = "TrainingJob"
    metadata_key = "TrainingJob"
