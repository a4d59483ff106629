"""Version 2 of the SageMaker SDK, from an environment of its own (`make sdk2`): fit, script mode, tuner, pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT, Done

PYTHON = ROOT / ".venv-sdk2" / "bin" / "python"
pytestmark = [
    pytest.mark.sdk2,
    pytest.mark.usefixtures("own_opt_ml"),
    pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-sdk2; `make sdk2` builds it"),
]
SCRIPT = """
import os, random, sys
from pathlib import Path
os.chdir(sys.argv[1])
import sagemaker
from sagemaker import get_execution_role, image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import ProcessingStep, TrainingStep

random.seed(0)
rows = [(random.random(), random.random()) for _ in range(200)]
Path("train.csv").write_text("".join(f"{3 * a + b},{a},{b}\\n" for a, b in rows))
session = sagemaker.Session()
role = get_execution_role(session)
uri = session.upload_data("train.csv", key_prefix="sdk2")
image = image_uris.retrieve("xgboost", "us-east-1", "1.7-1")
machine = {"role": role, "instance_type": "ml.m5.large", "instance_count": 1}

def estimator(session):
    given = {"objective": "reg:squarederror", "num_round": 5}
    return Estimator(image, sagemaker_session=session, hyperparameters=given, **machine)

data = {name: TrainingInput(uri, content_type="text/csv") for name in ("train", "validation")}
built_in = estimator(session)
built_in.fit(data, logs="All")
print("> fit", built_in.latest_training_job.describe()["TrainingJobStatus"])

Path("src").mkdir()
Path("src/train.py").write_text('''
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--num", type=int)
print("script ran with", parser.parse_args().num)
pathlib.Path(os.environ["SM_MODEL_DIR"], "m").write_text("m")
''')
script = SKLearn("train.py", framework_version="1.2-1", source_dir="src", hyperparameters={"num": 7},
                 sagemaker_session=session, **machine)
script.fit({"train": uri})
print("> script", script.latest_training_job.describe()["TrainingJobStatus"])

tuner = HyperparameterTuner(estimator(session), "validation:rmse", {"eta": ContinuousParameter(0.1, 0.5)},
                            base_tuning_job_name="sdk2", objective_type="Minimize", max_jobs=3, max_parallel_jobs=2)
tuner.fit(data, wait=True)
print("> tuner", tuner.describe()["HyperParameterTuningJobStatus"], bool(tuner.best_training_job()))

session = PipelineSession()
Path("copy.py").write_text('''
import pathlib
rows = pathlib.Path("/opt/ml/processing/input/train.csv").read_text()
pathlib.Path("/opt/ml/processing/train/train.csv").write_text(rows)
''')
processor = SKLearnProcessor("1.2-1", sagemaker_session=session, **machine)
copy = ProcessingStep("Copy", step_args=processor.run(
    code="copy.py", inputs=[ProcessingInput(source=uri, destination="/opt/ml/processing/input")],
    outputs=[ProcessingOutput(output_name="train", source="/opt/ml/processing/train")]))
copied = copy.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
train = TrainingStep("Train", step_args=estimator(session).fit({"train": TrainingInput(copied, content_type="text/csv")}))
pipeline = Pipeline("sdk2", steps=[copy, train], sagemaker_session=session)
pipeline.upsert(role)
pipeline.upsert(role)
execution = pipeline.start()
execution.wait(delay=1)
print("> pipeline", execution.describe()["PipelineExecutionStatus"], len(execution.list_steps()))
"""


def test_an_old_scripts_calls_all_work(execute: Callable[..., Done], tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    printed = execute(str(PYTHON), "-W", "ignore", str(path), str(tmp_path)).stdout
    found = [line[2:] for line in printed.splitlines() if line.startswith("> ")]
    assert found == ["fit Completed", "script Completed", "tuner Completed True", "pipeline Succeeded 2"]  # fmt: skip
    assert "train-rmse" in printed  # the log of the job, streamed
    assert "script ran with 7" in printed
