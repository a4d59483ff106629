"""The SageMaker SDK as its users write it: sessions, ModelTrainer, tuner and pipelines, nothing of ours imported."""

from __future__ import annotations

from collections.abc import Callable

Script = Callable[..., list[str]]
DATA = """
import random
from pathlib import Path
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.train import ModelTrainer

random.seed(0)
rows = [(random.random(), random.random()) for _ in range(200)]
Path("train.csv").write_text("".join(f"{3 * a + b},{a},{b}\\n" for a, b in rows))
compute = Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=1)
image = image_uris.retrieve("xgboost", "us-east-1", "3.0-5")
hyperparameters = {"objective": "reg:squarederror", "num_round": "5"}

def channels(*names):
    return [InputData(channel_name=name, data_source=uri, content_type="text/csv") for name in names]

def trainer(session):
    return ModelTrainer(training_image=image, role=get_execution_role(session), base_job_name="xgb",
                        sagemaker_session=session, hyperparameters=dict(hyperparameters), compute=compute)
"""


def test_a_session_finds_role_bucket_and_place_for_data(script: Script) -> None:
    found = script("""
        from pathlib import Path
        from sagemaker.core.helper.session_helper import Session, get_execution_role
        session = Session()
        Path("x.csv").write_text("1")
        print(">", get_execution_role(session))
        print(">", session.default_bucket())
        print(">", session.upload_data("x.csv", key_prefix="data"))
        print(">", session.read_s3_file(session.default_bucket(), "data/x.csv"))
        """)
    assert found == [
        "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole",
        "sagemaker-us-east-1-123456789012",
        "s3://sagemaker-us-east-1-123456789012/data/x.csv",
        "1",
    ]


def test_train_and_tune_train_for_real(script: Script) -> None:
    found = script(DATA + """
from sagemaker.train.tuner import ContinuousParameter, HyperparameterTuner
import logging
class Keep(logging.Handler):
    seen = ""
    def emit(self, record):
        self.seen += record.getMessage()
keep = Keep()
logger = logging.getLogger("sagemaker.core.resources")
logger.setLevel("INFO")
logger.addHandler(keep)
session = Session()
uri = session.upload_data("train.csv", key_prefix="train-and-tune")
built_in = trainer(session)
built_in.train(input_data_config=channels("train"), wait=True, logs=True)
job = built_in._latest_training_job
print(">", job.training_job_status, "train-rmse" in keep.seen)
metrics = {metric.metric_name: metric.value for metric in job.final_metric_data_list}
print(">", metrics["train:rmse"] < 0.5)
tuner = HyperparameterTuner(
    trainer(session), "validation:rmse", {"eta": ContinuousParameter(0.1, 0.5)},
    objective_type="Minimize", max_jobs=3, max_parallel_jobs=2)
tuner.tune(inputs=channels("train", "validation"), wait=True)
job = tuner.latest_tuning_job
job.refresh()
print(">", job.hyper_parameter_tuning_job_status, job.training_job_status_counters.completed)
print(">", tuner.best_training_job() in [s.training_job_name for s in job.get_all_training_jobs()])
""")
    assert found == ["Completed True", "True", "Completed 3", "True"]


def test_a_pipeline_is_upserted_started_awaited_and_listed(script: Script) -> None:
    found = script(DATA + """
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep

session = PipelineSession()
uri = session.upload_data("train.csv", key_prefix="pipeline")
Path("half.py").write_text('''
import pathlib, sys
lines = pathlib.Path("/opt/ml/processing/input/data/train.csv").read_text().splitlines()
target = pathlib.Path("/opt/ml/processing/train")
(target / "half.csv").write_text("\\\\n".join(lines[: len(lines) // int(sys.argv[1])]))
''')
rounds = ParameterInteger(name="Rounds", default_value=3)
hyperparameters["num_round"] = rounds.to_string()
processor = ScriptProcessor(
    role=get_execution_role(session), image_uri=image_uris.retrieve("sklearn", "us-east-1", "1.2-1"),
    command=["python3"], instance_type="ml.m5.large", instance_count=1, sagemaker_session=session)
half = ProcessingStep("Half", step_args=processor.run(
    code="half.py", arguments=["2"],
    inputs=[ProcessingInput(input_name="data", s3_input=ProcessingS3Input(
        s3_uri=uri, local_path="/opt/ml/processing/input/data", s3_data_type="S3Prefix", s3_input_mode="File"))],
    outputs=[ProcessingOutput(output_name="train", s3_output=ProcessingS3Output(
        s3_uri=f"s3://{session.default_bucket()}/half", local_path="/opt/ml/processing/train",
        s3_upload_mode="EndOfJob"))]))
uri = half.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
train = TrainingStep("Train", step_args=trainer(session).train(input_data_config=channels("train")))
pipeline = Pipeline("sdk-pipeline", parameters=[rounds], steps=[half, train], sagemaker_session=session)
for _ in range(2):  # the second one updates
    print(">", pipeline.upsert(role_arn=get_execution_role(session))["PipelineArn"])
execution = pipeline.start(parameters={"Rounds": 4})
execution.wait(delay=1)
print(">", execution.describe()["PipelineExecutionStatus"])
for step in sorted(execution.list_steps(), key=lambda step: step["StepName"]):
    print(">", step["StepName"], step["StepStatus"])
[job] = [s["Metadata"]["TrainingJob"]["Arn"] for s in execution.list_steps() if s["StepName"] == "Train"]
described = session.sagemaker_client.describe_training_job(TrainingJobName=job.rpartition("/")[2])
print(">", described["HyperParameters"]["num_round"], described["TrainingJobStatus"])
""")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/sdk-pipeline"
    assert found == [arn, arn, "Succeeded", "Half Succeeded", "Train Succeeded", "4 Completed"]
