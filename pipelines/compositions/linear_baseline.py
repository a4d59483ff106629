"""House prices, the small way: LinearLearner alone, gated by its training job's own metric."""

from __future__ import annotations

from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

from params.declaration import parameters_of, with_defaults
from params.environment import Environment
from params.linear_baseline import LinearBaselineParameters
from steps._base import ExactRegisterStep, ExactTrainingStep
from steps.check_error import check_error, mean_absolute_error
from steps.context import AssetStore, Context
from steps.prepare import prepare
from steps.quality_too_low import quality_too_low
from steps.register import TrainedModel, register
from steps.train_linear import train_linear

NAME = "linear-baseline"


def compose(env: Environment, session: AssetStore) -> Pipeline:
    """Prepare -> TrainLinear -> CheckQuality -> Register, or fail."""
    context = Context(NAME, env, session)
    parameters = with_defaults(LinearBaselineParameters, env, NAME)
    prepared = prepare(context, parameters)
    linear = train_linear(context, parameters, prepared)
    checked = check_error(
        parameters,
        linear,
        _register(context, parameters, linear),
        _fail(parameters, linear),
    )
    return Pipeline(
        name=NAME,
        parameters=parameters_of(parameters),
        steps=[prepared, linear, checked],
        sagemaker_session=session,
    )


def _register(
    context: Context, parameters: LinearBaselineParameters, linear: ExactTrainingStep
) -> ExactRegisterStep:
    model = TrainedModel(
        image_uri=linear.arguments["AlgorithmSpecification"]["TrainingImage"],
        artifact_uri=linear.properties.ModelArtifacts.S3ModelArtifacts,
        response_type="application/json",
        facts={"TestMeanAbsoluteError": mean_absolute_error(linear).to_string()},
    )
    return register(context, parameters, model)


def _fail(parameters: LinearBaselineParameters, linear: ExactTrainingStep) -> FailStep:
    return quality_too_low(
        Join(
            on=" ",
            values=[
                "The mean absolute error on test rows is",
                mean_absolute_error(linear),
                "but must be below MaeThreshold =",
                parameters.mae_threshold,
            ],
        )
    )
