"""Register: a new version in the pipeline's model package group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker.core.workflow.execution_variables import ExecutionVariables

from params.baseline import BaselineParameters
from steps._base import ExactRegisterStep
from steps.algorithms.values import Text
from steps.context import Context

NAME = "Register"
INSTANCE_TYPES = ("ml.m5.large", "ml.m5.xlarge")


@dataclass(frozen=True)
class TrainedModel:
    """What is registered; `report_uri` is the JSON file with its metrics, `facts` are shown beside it."""

    image_uri: Text
    artifact_uri: Text
    response_type: str
    report_uri: Text | None = None
    facts: Mapping[str, Text] = field(default_factory=dict)


def register(
    context: Context, parameters: BaselineParameters, model: TrainedModel
) -> ExactRegisterStep:
    """Register the model with its approval status; takes CSV rows without label."""
    request = {
        "ModelPackageGroupName": context.group,
        "ModelApprovalStatus": parameters.model_approval_status,
        "InferenceSpecification": {
            "Containers": [{"Image": model.image_uri, "ModelDataUrl": model.artifact_uri}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": [model.response_type],
            "SupportedRealtimeInferenceInstanceTypes": list(INSTANCE_TYPES),
            "SupportedTransformInstanceTypes": list(INSTANCE_TYPES),
        },
        "CustomerMetadataProperties": {
            **model.facts,
            "PipelineExecutionArn": ExecutionVariables.PIPELINE_EXECUTION_ARN,
        },
        **_metrics(model.report_uri),
    }
    return ExactRegisterStep(NAME, request, description="Add the model to the registry")


def _metrics(report_uri: Text | None) -> dict[str, Any]:
    if report_uri is None:
        return {}
    statistics = {"ContentType": "application/json", "S3Uri": report_uri}
    return {"ModelMetrics": {"ModelQuality": {"Statistics": statistics}}}
