"""QualityTooLow: ends the execution with the reason."""

from __future__ import annotations

from sagemaker.mlops.workflow.fail_step import FailStep

from steps.algorithms.values import Text

NAME = "QualityTooLow"


def quality_too_low(message: Text) -> FailStep:
    """Fail the execution; the message says which number missed which bar."""
    return FailStep(NAME, error_message=message, description="End: the model is not good enough")
