"""TrainLinear: the LinearLearner baseline."""

from __future__ import annotations

from params.baseline import BaselineParameters
from pipelines.definition.algorithms.linear_learner import REGRESSOR
from steps._base import ExactProcessingStep, ExactTrainingStep
from steps.algorithms.estimator import Channel, JobSettings
from steps.algorithms.linear_learner import linear_learner
from steps.context import Context
from steps.processing import output_uri
from steps.settings import training

NAME = "TrainLinear"


def train_linear(
    context: Context, parameters: BaselineParameters, prepared: ExactProcessingStep
) -> ExactTrainingStep:
    """Train on the prepared rows; scores on test rows come with the job's metrics."""
    settings = JobSettings(
        region=context.env.region,
        role_arn=context.env.role_arn,
        output_path=context.output(NAME),
        instance_type=parameters.training_instance_type,
    )
    estimator = linear_learner(
        settings,
        predictor_type=REGRESSOR,
        loss=parameters.loss,
        learning_rate=parameters.learning_rate,
        wd=parameters.l2,
        l1=parameters.l1,
    )
    channels = {
        name: Channel(output_uri(prepared, name)) for name in ("train", "validation", "test")
    }
    return ExactTrainingStep(
        NAME,
        training(context, NAME, estimator.training_request(channels)),
        description="Train the LinearLearner baseline",
        # Checkpoints are an execution's own, and the cache compares where they are.
        cache=not context.env.jobs.spot,
    )
