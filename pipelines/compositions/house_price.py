"""House prices: a LinearLearner baseline, a tuned XGBoost challenger, a quality gate, a model registry."""

from __future__ import annotations

from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.pipeline import Pipeline

from params.declaration import parameters_of, with_defaults
from params.environment import Environment
from params.house_price import HousePriceParameters
from steps._base import ExactProcessingStep, ExactRegisterStep, ExactTuningStep
from steps.batch_transform import batch_transform
from steps.check_quality import check_quality, reported
from steps.context import AssetStore, Context
from steps.create_model import create_model
from steps.evaluate import REPORT, Contestants, evaluate
from steps.prepare import prepare
from steps.processing import output_uri
from steps.quality_too_low import quality_too_low
from steps.register import TrainedModel, register
from steps.train_linear import train_linear
from steps.tune_xgboost import best_model_uri, tune_xgboost

NAME = "house-price"


def compose(env: Environment, session: AssetStore) -> Pipeline:
    """Prepare -> TrainLinear and TuneXGBoost -> Evaluate -> CheckQuality -> Register, or fail."""
    context = Context(NAME, env, session)
    parameters = with_defaults(HousePriceParameters, env, NAME)
    prepared = prepare(context, parameters)
    linear = train_linear(context, parameters, prepared)
    tuned = tune_xgboost(context, parameters, prepared)
    baseline = create_model(context, "CreateBaselineModel", linear)
    scored = batch_transform(context, parameters, baseline, prepared)
    evaluated = evaluate(context, parameters, prepared, Contestants(tuned, scored))
    checked = check_quality(
        parameters,
        evaluated,
        _register(context, parameters, tuned, evaluated),
        quality_too_low(reported(evaluated, "quality.message")),
    )
    return Pipeline(
        name=NAME,
        parameters=parameters_of(parameters),
        steps=[prepared, linear, tuned, baseline, scored, evaluated, checked],
        sagemaker_session=session,
    )


def _register(
    context: Context,
    parameters: HousePriceParameters,
    tuned: ExactTuningStep,
    evaluated: ExactProcessingStep,
) -> ExactRegisterStep:
    definition = tuned.arguments["TrainingJobDefinition"]
    model = TrainedModel(
        image_uri=definition["AlgorithmSpecification"]["TrainingImage"],
        artifact_uri=best_model_uri(tuned),
        response_type="text/csv",
        report_uri=Join(on="/", values=[output_uri(evaluated, REPORT.output_name), REPORT.path]),
    )
    return register(context, parameters, model)
