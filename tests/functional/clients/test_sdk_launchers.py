"""What the SDK puts around a user's script: ModelTrainer's drivers, FrameworkProcessor's runproc.sh, the repack step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.usefixtures("own_opt_ml")

Script = Callable[..., list[str]]
PREPARE = """
from pathlib import Path
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.train import ModelTrainer

source = Path("src")
source.mkdir()
(source / "helper.py").write_text("NAME = 'helper'")
(source / "requirements.txt").write_text("numpy")  # installed: no index is asked
(source / "train.py").write_text('''
import argparse, os, pathlib
from helper import NAME
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--epochs", type=int)
given = parser.parse_args()
print(f"loss={abs(given.rate - 0.3)};")
text = f"{NAME} {given.epochs} {sorted(os.listdir(os.environ['SM_CHANNEL_TRAIN']))}"
pathlib.Path(os.environ["SM_MODEL_DIR"], "seen").write_text(text)
''')
session = Session()
role = get_execution_role(session)
image = image_uris.retrieve("sklearn", "us-east-1", "1.2-1")
Path("rows.csv").write_text("1,2")
data = [InputData(channel_name="train", data_source=session.upload_data("rows.csv", key_prefix="launchers"))]
def trainer(**changes):
    code = SourceCode(source_dir="src", entry_script="train.py", requirements="requirements.txt", **changes)
    return ModelTrainer(
        training_image=image, role=role, sagemaker_session=session, base_job_name="launched", source_code=code,
        hyperparameters={"rate": 0.5, "epochs": 3},
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=1))
def artifact(uri, name):
    import io, tarfile
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = session.boto_session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return archive.extractfile(name).read().decode()
"""


def test_model_trainer_runs_source_code(script: Script) -> None:
    found = script(PREPARE + """
launched = trainer()
launched.train(input_data_config=data, wait=True, logs=False)
job = launched._latest_training_job
print(">", job.training_job_status)
print(">", artifact(job.model_artifacts.s3_model_artifacts, "seen"))
(source / "train.py").write_text("import sys; sys.exit(4)")
try:
    trainer().train(input_data_config=data, wait=True, logs=False)
except Exception as error:
    print(">", "exit code: 4" in str(error))
""")
    assert found == ["Completed", "helper 3 ['rows.csv']", "True"]


def test_a_tuner_runs_source_code(script: Script) -> None:
    found = script(PREPARE + """
from sagemaker.train.tuner import ContinuousParameter, HyperparameterTuner
tuner = HyperparameterTuner(
    trainer(), "loss", {"rate": ContinuousParameter(0.1, 0.9)}, objective_type="Minimize", max_jobs=2,
    max_parallel_jobs=2, metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9.e-]+);"}])
tuner.tune(inputs=data, wait=True)
job = tuner.latest_tuning_job
job.refresh()
print(">", job.hyper_parameter_tuning_job_status, job.training_job_status_counters.completed)
print(">", job.best_training_job.final_hyper_parameter_tuning_job_objective_metric.metric_name)
""")
    assert found == ["Completed 2", "loss"]


def test_framework_processor_runs_its_source(script: Script) -> None:
    found = script(PREPARE + """
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output
(source / "work.py").write_text('''
import pathlib, sys
from helper import NAME
from sagemaker.core.helper.session_helper import Session
bucket = Session().default_bucket()  # asks STS at the address in the SDK's source
pathlib.Path("/opt/ml/processing/out/seen").write_text(f"{NAME} {sys.argv[1:]} {bucket}")
''')
processor = FrameworkProcessor(
    image_uri=image, role=role, command=["python3"], instance_type="ml.m5.large", instance_count=1,
    sagemaker_session=session)
place = ProcessingS3Output(s3_uri=f"s3://{session.default_bucket()}/launched",
                           local_path="/opt/ml/processing/out", s3_upload_mode="EndOfJob")
processor.run(code="work.py", source_dir="src", arguments=["--x", "1"], wait=True, logs=False,
              outputs=[ProcessingOutput(output_name="out", s3_output=place)])
print(">", session.read_s3_file(session.default_bucket(), "launched/seen"))
""")
    assert found == ["helper ['--x', '1'] sagemaker-us-east-1-123456789012"]


def test_the_repack_script_puts_an_inference_script_beside_a_model(script: Script) -> None:
    """The job that a Model step with an inference script brings along, as the SDK's own script does it."""
    found = script(PREPARE + """
import tarfile, time
import sagemaker.mlops.workflow as workflow
with tarfile.open("sourcedir.tar.gz", "w:gz") as archive:
    for name in ("_repack_model.py", "_repack_script_launcher.sh"):
        if (path := Path(workflow.__path__[0], name)).exists():
            archive.add(path, name)
    archive.add("src/helper.py", "inference.py")
Path("weights").write_text("w")
with tarfile.open("model.tar.gz", "w:gz") as archive:
    archive.add("weights")
uris = {name: session.upload_data(name, key_prefix="repack") for name in ("sourcedir.tar.gz", "model.tar.gz")}
api = session.boto_session.client("sagemaker")
api.create_training_job(
    TrainingJobName="repack", RoleArn=role,
    AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
    HyperParameters={
        "inference_script": '"inference.py"', "model_archive": '"model.tar.gz"', "dependencies": "null",
        "source_dir": "null", "sagemaker_program": '"_repack_model.py"',
        "sagemaker_submit_directory": '"%s"' % uris["sourcedir.tar.gz"]},
    InputDataConfig=[{"ChannelName": "training", "DataSource": {"S3DataSource": {
        "S3DataType": "S3Prefix", "S3Uri": uris["model.tar.gz"]}}}],
    OutputDataConfig={"S3OutputPath": f"s3://{session.default_bucket()}/repacked"},
    ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 60})
api.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="repack", WaiterConfig={"Delay": 1})
job = api.describe_training_job(TrainingJobName="repack")
print(">", artifact(job["ModelArtifacts"]["S3ModelArtifacts"], "code/inference.py"))
print(">", artifact(job["ModelArtifacts"]["S3ModelArtifacts"], "weights"))
""")
    assert found == ["NAME = 'helper'", "w"]
