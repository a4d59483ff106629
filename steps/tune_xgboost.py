"""TuneXGBoost: the challenger, with its hyperparameters tuned."""

from __future__ import annotations

from sagemaker.core.workflow.functions import Join

from params.house_price import HousePriceParameters
from pipelines.definition.algorithms._base import Direction
from steps._base import ExactProcessingStep, ExactTuningStep
from steps.algorithms.estimator import Channel, JobSettings
from steps.algorithms.ranges import ContinuousRange, IntegerRange, Range
from steps.algorithms.tuner import Objective, Search, tuner
from steps.algorithms.xgboost import xgboost
from steps.context import Context
from steps.processing import output_uri
from steps.settings import tuning

NAME = "TuneXGBoost"
RANGES: dict[str, Range] = {
    "eta": ContinuousRange(0.03, 0.2, "Logarithmic"),
    "max_depth": IntegerRange(5, 10),
    "min_child_weight": ContinuousRange(1.0, 20.0, "Logarithmic"),
    "subsample": ContinuousRange(0.6, 1.0),
    "colsample_bytree": ContinuousRange(0.5, 1.0),
    "lambda": ContinuousRange(0.1, 10.0, "Logarithmic"),
    "alpha": ContinuousRange(0.001, 10.0, "Logarithmic"),
    "gamma": ContinuousRange(0.001, 10.0, "Logarithmic"),
    "num_round": IntegerRange(200, 700),
}


def tune_xgboost(
    context: Context, parameters: HousePriceParameters, prepared: ExactProcessingStep
) -> ExactTuningStep:
    """Look for the lowest RMSE on the validation rows."""
    job = JobSettings(
        region=context.env.region,
        role_arn=context.env.role_arn,
        output_path=context.output(NAME),
        instance_type=parameters.training_instance_type,
        retry_attempts=2,
    )
    estimator = xgboost(
        job,
        objective="reg:squarederror",
        eval_metric="rmse",
        early_stopping_rounds=20,
        seed=parameters.seed,
    )
    # Early stopping of whole jobs stays off: its median rule compares rounds, which is unfair to a small eta.
    budget = Search(
        parameters.max_tuning_jobs, parameters.max_parallel_tuning_jobs, seed=parameters.seed
    )
    search = tuner(estimator, Objective("validation:rmse", Direction.MINIMIZE), RANGES, budget)
    channels = {name: Channel(output_uri(prepared, name)) for name in ("train", "validation")}
    return ExactTuningStep(
        NAME,
        tuning(context, NAME, search.request(channels)),
        description="Tune XGBoost for the lowest validation RMSE",
        cache=True,
    )


def best_model_uri(tuned: ExactTuningStep) -> Join:
    """The artifact of the best training job.

    The prefix is the tuning job's own, not this execution's: a cached step's artifacts lie where it ran.
    """
    properties = tuned.properties
    return Join(
        on="/",
        values=[
            properties.TrainingJobDefinition.OutputDataConfig.S3OutputPath,
            properties.BestTrainingJob.TrainingJobName,
            "output/model.tar.gz",
        ],
    )
