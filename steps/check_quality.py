"""CheckQuality: register the tuned model only if it is good, and better than the baseline."""

from __future__ import annotations

from sagemaker.core.workflow.conditions import ConditionGreaterThan, ConditionLessThan
from sagemaker.core.workflow.functions import JsonGet
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep

from params.house_price import HousePriceParameters
from steps._base import ExactProcessingStep, ExactRegisterStep
from steps.evaluate import REPORT

NAME = "CheckQuality"


def check_quality(
    parameters: HousePriceParameters,
    evaluated: ExactProcessingStep,
    register: ExactRegisterStep,
    fail: FailStep,
) -> ConditionStep:
    """Compare the report with RmseThreshold and MinimumImprovement."""
    return ConditionStep(
        NAME,
        description="Is the tuned model good enough, and better than the baseline?",
        conditions=[
            ConditionLessThan(
                left=reported(evaluated, "regression_metrics.rmse.value"),
                right=parameters.rmse_threshold,
            ),
            ConditionGreaterThan(
                left=reported(evaluated, "improvement"), right=parameters.minimum_improvement
            ),
        ],
        if_steps=[register],
        else_steps=[fail],
    )


def reported(evaluated: ExactProcessingStep, path: str) -> JsonGet:
    """A value of the evaluation report."""
    return JsonGet(step_name=evaluated.name, property_file=REPORT, json_path=path)
