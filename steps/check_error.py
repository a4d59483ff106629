"""CheckQuality of a single model: its training job's own metric decides."""

from __future__ import annotations

from typing import Any

from sagemaker.core.workflow.conditions import ConditionLessThan
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep

from params.linear_baseline import LinearBaselineParameters
from steps._base import ExactRegisterStep, ExactTrainingStep

NAME = "CheckQuality"


def check_error(
    parameters: LinearBaselineParameters,
    trained: ExactTrainingStep,
    register: ExactRegisterStep,
    fail: FailStep,
) -> ConditionStep:
    """Compare the mean absolute error on test rows with MaeThreshold."""
    return ConditionStep(
        NAME,
        description="Is the mean absolute error on test rows low enough?",
        conditions=[
            ConditionLessThan(left=mean_absolute_error(trained), right=parameters.mae_threshold)
        ],
        if_steps=[register],
        else_steps=[fail],
    )


def mean_absolute_error(trained: ExactTrainingStep) -> Any:
    """LinearLearner's score on the test channel, in units of the label."""
    return trained.properties.FinalMetricDataList["test:absolute_loss"].Value
