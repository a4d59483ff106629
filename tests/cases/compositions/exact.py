"""The twin of producers.py, written with this project's own estimators and steps."""

from __future__ import annotations

from pathlib import Path

from sagemaker.core.workflow.conditions import ConditionLessThan
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipelines.definition.algorithms._base import Direction
from steps import _base
from steps.algorithms.estimator import Channel, JobSettings
from steps.algorithms.linear_learner import linear_learner
from steps.algorithms.ranges import ContinuousRange, IntegerRange
from steps.algorithms.tuner import Objective, Search, tuner
from steps.algorithms.values import as_text
from steps.algorithms.xgboost import xgboost

BASE = "s3://bucket/results"


def bare(kind, name, request, property_files=()):
    step = kind(name, request, description="", property_files=property_files)
    step.retry_policies = []
    return step


def compose(env, session):
    learning_rate = ParameterFloat("LearningRate", default_value=0.1)
    loss = ParameterString("Loss", default_value="squared_loss", enum_values=["squared_loss"])
    seed = ParameterInteger("Seed", default_value=0)
    code = session.asset(Path(__file__).with_name("script.py"))

    def settings(name):
        return JobSettings(env.region, env.role_arn, f"{BASE}/{name}")

    def channel(name):
        return Channel(f"s3://bucket/data/{name}")

    linear = linear_learner(
        settings("Train"),
        predictor_type="regressor",
        loss=loss,
        learning_rate=learning_rate,
        epochs=20,
        normalize_data=True,
    )
    train = bare(
        _base.ExactTrainingStep,
        "Train",
        linear.training_request({"train": channel("train"), "test": channel("test")}),
    )
    boosted = xgboost(settings("Tune"), objective="reg:squarederror", num_round=100)
    tune = bare(
        _base.ExactTuningStep,
        "Tune",
        tuner(
            boosted,
            Objective("validation:rmse", Direction.MINIMIZE),
            {
                "eta": ContinuousRange(0.03, 0.3, "Logarithmic"),
                "max_depth": IntegerRange(4, 10),
            },
            Search(4, 2, early_stopping="Auto", seed=7),
        ).request({"train": channel("train"), "validation": channel("validation")}),
    )
    create = bare(
        _base.ExactModelStep,
        "CreateModel",
        {
            "ExecutionRoleArn": env.role_arn,
            "PrimaryContainer": {
                "Image": linear.image_uri,
                "ModelDataUrl": train.properties.ModelArtifacts.S3ModelArtifacts,
            },
        },
    )
    score = bare(
        _base.ExactTransformStep,
        "Score",
        {
            "ModelName": create.properties.ModelName,
            "BatchStrategy": "MultiRecord",
            "TransformInput": {
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": "s3://bucket/data/features",
                    }
                },
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": f"{BASE}/Score",
                "Accept": "application/jsonlines",
                "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    )
    report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")

    def source(name, uri, path):
        s3 = {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        }
        return {"InputName": name, "S3Input": s3}

    evaluate = bare(
        _base.ExactProcessingStep,
        "Evaluate",
        {
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 30,
                }
            },
            "AppSpecification": {
                "ImageUri": boosted.image_uri,
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
                "ContainerArguments": ["--seed", as_text(seed)],
            },
            "RoleArn": env.role_arn,
            "ProcessingInputs": [
                source(
                    "scores",
                    score.properties.TransformOutput.S3OutputPath,
                    "/opt/ml/processing/scores",
                ),
                source("code", code, "/opt/ml/processing/input/code"),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "evaluation",
                        "S3Output": {
                            "S3Uri": f"{BASE}/Evaluate",
                            "LocalPath": "/opt/ml/processing/evaluation",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
        [report],
    )
    register = bare(
        _base.ExactRegisterStep,
        "Register",
        {
            "ModelPackageGroupName": "group",
            "ModelApprovalStatus": "PendingManualApproval",
            "SkipModelValidation": "None",
            "ModelMetrics": {
                "ModelQuality": {
                    "Statistics": {
                        "ContentType": "application/json",
                        "S3Uri": f"{BASE}/Evaluate/evaluation.json",
                    }
                }
            },
            "InferenceSpecification": {
                "Containers": [
                    {
                        "Image": boosted.image_uri,
                        "ModelDataUrl": tune.get_top_model_s3_uri(0, "bucket", "results/Tune"),
                    }
                ],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
                "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
                "SupportedTransformInstanceTypes": ["ml.m5.large"],
            },
        },
    )
    value = JsonGet(step_name="Evaluate", property_file=report, json_path="rmse.value")
    check = ConditionStep(
        "Check",
        conditions=[ConditionLessThan(left=value, right=60000.0)],
        if_steps=[register],
        else_steps=[FailStep("TooLow", error_message=Join(on=" ", values=["RMSE is", value]))],
    )
    return Pipeline(
        name="twins",
        parameters=[learning_rate, loss, seed],
        steps=[train, tune, create, score, evaluate, check],
        sagemaker_session=session,
    )
