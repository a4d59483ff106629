"""The twin of exact.py, written with the SDK's own producers."""

from __future__ import annotations

from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.training.configs import (
    Compute,
    InputData,
    OutputDataConfig,
    StoppingCondition,
)
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.conditions import ConditionLessThan
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import (
    ProcessingStep,
    TrainingStep,
    TransformStep,
    TuningStep,
)
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

BASE = "s3://bucket/results"


def compose(env, session):
    learning_rate = ParameterFloat("LearningRate", default_value=0.1)
    loss = ParameterString("Loss", default_value="squared_loss", enum_values=["squared_loss"])
    seed = ParameterInteger("Seed", default_value=0)
    code = str(Path(__file__).with_name("script.py"))

    def trainer(name, image, hyperparameters):
        return ModelTrainer(
            training_image=image,
            role=env.role_arn,
            sagemaker_session=session,
            base_job_name=name,
            compute=Compute(instance_type="ml.m5.xlarge", instance_count=1, volume_size_in_gb=30),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
            output_data_config=OutputDataConfig(s3_output_path=f"{BASE}/{name}"),
            hyperparameters=hyperparameters,
        )

    def channel(name):
        return InputData(
            channel_name=name, data_source=f"s3://bucket/data/{name}", content_type="text/csv"
        )

    linear_image = image_uris.retrieve("linear-learner", env.region, version="1")
    xgboost_image = image_uris.retrieve("xgboost", env.region, version="3.0-5")
    train = TrainingStep(
        "Train",
        step_args=trainer(
            "Train",
            linear_image,
            {
                "predictor_type": "regressor",
                "loss": loss,
                "learning_rate": learning_rate,
                "epochs": 20,
                "normalize_data": True,
            },
        ).train(input_data_config=[channel("train"), channel("test")]),
    )
    tune = TuningStep(
        "Tune",
        step_args=HyperparameterTuner(
            model_trainer=trainer(
                "Tune", xgboost_image, {"objective": "reg:squarederror", "num_round": 100}
            ),
            objective_metric_name="validation:rmse",
            objective_type="Minimize",
            hyperparameter_ranges={
                "eta": ContinuousParameter(0.03, 0.3, scaling_type="Logarithmic"),
                "max_depth": IntegerParameter(4, 10),
            },
            max_jobs=4,
            max_parallel_jobs=2,
            strategy="Bayesian",
            early_stopping_type="Auto",
            random_seed=7,
        ).tune([channel("train"), channel("validation")]),
    )
    create = ModelStep(
        "CreateModel",
        step_args=ModelBuilder(
            image_uri=linear_image,
            s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
            role_arn=env.role_arn,
            sagemaker_session=session,
            dependencies=None,
        ).build(),
    )
    score = TransformStep(
        "Score",
        step_args=Transformer(
            model_name=create.properties.ModelName,
            instance_count=1,
            instance_type="ml.m5.large",
            strategy="MultiRecord",
            assemble_with="Line",
            accept="application/jsonlines",
            output_path=f"{BASE}/Score",
            sagemaker_session=session,
        ).transform(data="s3://bucket/data/features", content_type="text/csv", split_type="Line"),
    )
    report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
    evaluate = ProcessingStep(
        "Evaluate",
        step_args=ScriptProcessor(
            image_uri=xgboost_image,
            role=env.role_arn,
            command=["python3"],
            instance_count=1,
            instance_type="ml.m5.large",
            max_runtime_in_seconds=3600,
            sagemaker_session=session,
        ).run(
            code=code,
            inputs=[
                ProcessingInput(
                    input_name="scores",
                    s3_input=ProcessingS3Input(
                        s3_uri=score.properties.TransformOutput.S3OutputPath,
                        local_path="/opt/ml/processing/scores",
                        s3_data_type="S3Prefix",
                        s3_input_mode="File",
                    ),
                )
            ],
            outputs=[
                ProcessingOutput(
                    output_name="evaluation",
                    s3_output=ProcessingS3Output(
                        s3_uri=f"{BASE}/Evaluate",
                        local_path="/opt/ml/processing/evaluation",
                        s3_upload_mode="EndOfJob",
                    ),
                )
            ],
            arguments=["--seed", seed],
        ),
        property_files=[report],
    )
    register = ModelStep(
        "Register",
        step_args=ModelBuilder(
            image_uri=xgboost_image,
            s3_model_data_url=tune.get_top_model_s3_uri(0, "bucket", "results/Tune"),
            role_arn=env.role_arn,
            sagemaker_session=session,
        ).register(
            model_package_group_name="group",
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.large"],
            transform_instances=["ml.m5.large"],
            approval_status="PendingManualApproval",
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(
                    "application/json", f"{BASE}/Evaluate/evaluation.json"
                )
            ),
        ),
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
