"""Evaluate: both models' errors on the test rows, as a report that conditions can read."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker.core.workflow.properties import PropertyFile

from params.house_price import HousePriceParameters
from steps._base import (
    ExactProcessingStep,
    ExactTransformStep,
    ExactTuningStep,
)
from steps.context import Context
from steps.processing import INPUT, OUTPUT, ScriptJob, output_uri
from steps.tune_xgboost import best_model_uri

NAME = "Evaluate"
REPORT = PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")


@dataclass(frozen=True)
class Contestants:
    """What is compared: the tuned model itself, and the baseline's predictions."""

    tuned: ExactTuningStep
    baseline: ExactTransformStep


def evaluate(
    context: Context,
    parameters: HousePriceParameters,
    prepared: ExactProcessingStep,
    contestants: Contestants,
) -> ExactProcessingStep:
    """Score the models and say in words which bar was missed; runs where XGBoost is installed."""
    definition = contestants.tuned.arguments["TrainingJobDefinition"]
    job = ScriptJob(
        script="evaluate.py",
        image_uri=definition["AlgorithmSpecification"]["TrainingImage"],
        instance_type=parameters.processing_instance_type,
        inputs={
            "model": best_model_uri(contestants.tuned),
            "test": output_uri(prepared, "test"),
            "baseline": contestants.baseline.properties.TransformOutput.S3OutputPath,
        },
        outputs={REPORT.output_name: context.output(NAME, REPORT.output_name)},
        arguments={
            "--model": f"{INPUT}/model",
            "--test": f"{INPUT}/test",
            "--baseline": f"{INPUT}/baseline",
            "--output": f"{OUTPUT}/{REPORT.output_name}",
            "--rmse-threshold": parameters.rmse_threshold,
            "--minimum-improvement": parameters.minimum_improvement,
        },
    )
    return ExactProcessingStep(
        NAME,
        job.request(context),
        description="Score the tuned model and the baseline on the test rows",
        # Not cached: it reads what ScoreBaseline wrote, which is written anew each time.
        property_files=[REPORT],
    )
