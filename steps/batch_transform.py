"""ScoreBaseline: the baseline's predictions for the test rows.

A script cannot open LinearLearner's artifact on SageMaker, so its predictions come from a batch transform.
"""

from __future__ import annotations

from params.baseline import BaselineParameters
from steps._base import ExactModelStep, ExactProcessingStep, ExactTransformStep
from steps.context import Context
from steps.processing import output_uri
from steps.settings import transform

NAME = "ScoreBaseline"


def batch_transform(
    context: Context,
    parameters: BaselineParameters,
    model: ExactModelStep,
    prepared: ExactProcessingStep,
) -> ExactTransformStep:
    """Predict every prepared feature row: one JSON object per line, in the order of the rows."""
    source = {"S3DataType": "S3Prefix", "S3Uri": output_uri(prepared, "features")}
    request = {
        "ModelName": model.properties.ModelName,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": context.output(NAME),
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        "TransformResources": {
            "InstanceType": parameters.training_instance_type,
            "InstanceCount": 1,
        },
    }
    # Not cached: a Model step's name is new in each execution, so the same request never comes again.
    return ExactTransformStep(
        NAME, transform(context, request), description="Predict the test rows with the baseline"
    )
