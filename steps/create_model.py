"""CreateBaselineModel: the baseline as a model that can be served."""

from __future__ import annotations

from steps._base import ExactModelStep, ExactTrainingStep
from steps.context import Context
from steps.settings import model


def create_model(context: Context, name: str, trained: ExactTrainingStep) -> ExactModelStep:
    """Make a model of a training job's artifact and image."""
    container = {
        "Image": trained.arguments["AlgorithmSpecification"]["TrainingImage"],
        "ModelDataUrl": trained.properties.ModelArtifacts.S3ModelArtifacts,
    }
    request = {"ExecutionRoleArn": context.env.role_arn, "PrimaryContainer": container}
    return ExactModelStep(
        name,
        model(context, request),
        description=f"Make a model of what {trained.name} trained",
    )
