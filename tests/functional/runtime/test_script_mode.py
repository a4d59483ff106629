"""Scripts of framework images: named by hyperparameters, with source archives and requirements, mapped images."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.api import ApiError
from runtime.jobs.script_mode import script_of
from runtime.runtime import Runtime

from .conftest import Local

pytestmark = pytest.mark.usefixtures("own_opt_ml")

TRAIN = """
import argparse, json, os, pathlib, sys
from helper import NAME
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--depth", type=int, default=1)
arguments = parser.parse_args()
print(f"[0]\\tvalidation-rmse:{abs(arguments.rate - 0.3)}")
seen = {"argv": sys.argv, "cwd": os.getcwd(), "helper": NAME, "hps": json.loads(os.environ["SM_HPS"]),
        "entry": os.environ["SM_USER_ENTRY_POINT"], "type": os.environ["SM_CURRENT_INSTANCE_TYPE"]}
pathlib.Path(os.environ["SM_MODEL_DIR"], "seen.json").write_text(json.dumps(seen))
"""
NOWHERE = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_CONFIG_FILE": "/dev/null"}


def archive(local: Any, **files: str | bytes) -> str:
    """A sourcedir.tar.gz in S3; `name_py` stands for name.py."""
    path = local.directory / f"{uuid.uuid4().hex}.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(".".join(name.rsplit("_", 1)))
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    key = f"source/{path.name}"
    local.runtime.objects.put(local.bucket, key, path)
    return f"s3://{local.bucket}/{key}"


def scripted(local: Any, source: str, *, image: str = "", **changes: Any) -> dict[str, Any]:
    """A training request in script mode, as version 2 of the SDK writes it: JSON texts."""
    given = {"rate": 0.5, "depth": 3, "sagemaker_region": "us-east-1", **changes.pop("given", {})}
    texts = {"sagemaker_program": "train.py", "sagemaker_submit_directory": source, **given}
    return local.training(
        AlgorithmSpecification={
            "TrainingImage": image or local.sklearn,
            "TrainingInputMode": "File",
            **changes.pop("specification", {}),
        },
        HyperParameters={name: json.dumps(value) for name, value in texts.items()},
        **changes,
    )


def trained(local: Any, request: dict[str, Any]) -> dict[str, Any]:
    name = f"script-{uuid.uuid4().hex[:8]}"
    local.call("CreateTrainingJob", TrainingJobName=name, **request)
    job: dict[str, Any] = local.ended("TrainingJob", name)
    return job


def model(local: Any, job: dict[str, Any]) -> tarfile.TarFile:
    data = local.read(job["ModelArtifacts"]["S3ModelArtifacts"])
    return tarfile.open(fileobj=io.BytesIO(data))


def wheel() -> bytes:
    """A package that is installed nowhere."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        info = "only_for_tests-1.0.dist-info"
        file.writestr("only_for_tests.py", "ANSWER = 42\n")
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: only-for-tests\nVersion: 1.0\n"
        )
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")  # fmt: skip
        file.writestr(f"{info}/RECORD", "")
    return content.getvalue()


@pytest.fixture(scope="module", params=["sklearn", "xgboost"])
def image(request: pytest.FixtureRequest, local: Any) -> str:
    return str(getattr(local, request.param))


def test_a_script_gets_its_source_arguments_and_variables(local: Any, image: str) -> None:
    source = archive(local, train_py=TRAIN, helper_py="NAME = 'mine'\n")
    job = trained(local, scripted(local, source, image=image))
    assert job["TrainingJobStatus"] == "Completed", job
    with model(local, job) as packed:
        seen = json.load(packed.extractfile("seen.json") or io.BytesIO())
    assert seen == {
        "argv": ["/opt/ml/code/train.py", "--depth", "3", "--rate", "0.5"],
        "cwd": "/opt/ml/code",
        "helper": "mine",
        "hps": {"depth": 3, "rate": 0.5},
        "entry": "train.py",
        "type": "ml.m5.large",
    }


def test_plain_hyperparameters_and_a_prefix_do_as_well(local: Any) -> None:
    local.put("plain/train.py", TRAIN)
    local.put("plain/helper.py", "NAME = 1")
    request = scripted(local, f"s3://{local.bucket}/plain/")
    request["HyperParameters"] = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": f"s3://{local.bucket}/plain/",
        "rate": "0.5",
    }
    assert trained(local, request)["TrainingJobStatus"] == "Completed"


def test_the_environment_may_name_the_script(local: Any) -> None:
    source = archive(local, train_py=TRAIN, helper_py="NAME = 1")
    environment = {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": source}
    request = scripted(local, source, Environment=environment)
    request["HyperParameters"] = {"rate": "1"}
    assert trained(local, request)["TrainingJobStatus"] == "Completed"


def test_arguments_are_written_as_the_toolkit_does() -> None:
    given = {"n": 1, "long": True, "none": None, "map": {"b": 2, "a": 1}, "list": [1, 2]}
    texts = {name: json.dumps(value) for name, value in given.items()}
    names = {"sagemaker_program": "a.py", "_tuning_objective_metric": "loss", "text": "plain"}
    script = script_of({"HyperParameters": {**texts, **names}})
    assert script is not None
    assert " ".join(script.arguments) == (
        "--list [1, 2] --long True --map a=1,b=2 -n 1 --none  --text plain"
    )


def test_a_shell_script_is_run(local: Any) -> None:
    source = archive(local, run_sh="echo $2 > /opt/ml/model/rate")
    request = scripted(local, source, given={"sagemaker_program": "run.sh", "rate": 7})
    request["HyperParameters"].pop("depth")
    with model(local, trained(local, request)) as packed:
        file = packed.extractfile("rate")
        assert file is not None
        assert file.read() == b"7\n"


def test_a_script_that_is_not_there_is_named_with_what_is(local: Any) -> None:
    job = trained(local, scripted(local, archive(local, other_py="", helper_py="")))
    assert job["TrainingJobStatus"] == "Failed"
    assert "'train.py', which is not in /opt/ml/code" in job["FailureReason"]
    assert "it has: helper.py, other.py" in job["FailureReason"]


@pytest.mark.parametrize("program", ["../../train.py", "/etc/passwd"])
def test_a_script_elsewhere_is_refused(local: Any, program: str) -> None:
    request = scripted(local, archive(local, a_py=""), given={"sagemaker_program": program})
    job = trained(local, request)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")


def test_a_missing_or_broken_source_is_the_failure_reason(local: Any) -> None:
    for source in (f"s3://{local.bucket}/no.tar.gz", local.put("broken.tar.gz", "text")):
        job = trained(local, scripted(local, source))
        assert job["FailureReason"].startswith("ClientError: sagemaker_submit_directory: ")


def test_requirements_that_are_there_need_no_index(local: Any) -> None:
    source = archive(local, train_py=TRAIN, helper_py="NAME=1", requirements_txt="numpy\n")
    job = trained(local, scripted(local, source, Environment=NOWHERE))
    assert job["TrainingJobStatus"] == "Completed", job


def test_a_requirement_that_cannot_be_installed_is_named(local: Any) -> None:
    source = archive(local, train_py=TRAIN, helper_py="", requirements_txt="only-for-tests\n")
    job = trained(local, scripted(local, source, Environment=NOWHERE))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "AlgorithmError: the requirement 'only-for-tests' could not be installed"
    )
    assert job["FailureReason"].endswith(", exit code: 1")


def test_what_a_job_installs_is_gone_with_it(local: Any) -> None:
    script = """
import only_for_tests, subprocess, sys
assert only_for_tests.ANSWER == 42
subprocess.check_call([sys.executable, "-c", "import only_for_tests, numpy"])
subprocess.check_call(["pip", "uninstall", "--yes", "only-for-tests", "numpy"])
import numpy
"""
    requirements = "--no-index\n./only_for_tests-1.0-py3-none-any.whl\n"
    # Relative paths in a requirements file begin where pip runs: in /opt/ml/code.
    source = archive(
        local,
        train_py=script,
        requirements_txt=requirements,
        **{"only_for_tests-1.0-py3-none-any_whl": wheel()},
    )
    job = trained(local, scripted(local, source, Environment=NOWHERE))
    assert job["TrainingJobStatus"] == "Completed", local.log("TrainingJob", job["TrainingJobName"])
    for module, code in (("only_for_tests", 1), ("numpy", 0)):
        done = subprocess.run(
            [sys.executable, "-c", f"import {module}"], capture_output=True, check=False
        )
        assert done.returncode == code


def test_a_script_may_install_while_it_runs(local: Any) -> None:
    (local.directory / "wheel").write_bytes(wheel())
    key = "wheels/only_for_tests-1.0-py3-none-any.whl"
    local.runtime.objects.put(local.bucket, key, local.directory / "wheel")
    code = """
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "--no-index",
                       "/opt/ml/processing/input/wheel/only_for_tests-1.0-py3-none-any.whl"])
import only_for_tests
print(only_for_tests.ANSWER, only_for_tests.__file__)
"""
    request = local.processing(code)
    source = {
        "S3Uri": f"s3://{local.bucket}/{key}",
        "LocalPath": "/opt/ml/processing/input/wheel",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    request["ProcessingInputs"].append({"InputName": "wheel", "S3Input": source})
    local.call("CreateProcessingJob", ProcessingJobName="installs", **request)
    job = local.ended("ProcessingJob", "installs")
    log = local.log("ProcessingJob", "installs")
    assert job["ProcessingJobStatus"] == "Completed", log
    assert "42 /opt/ml/env/lib/" in log


def test_a_tuning_job_runs_scripts(local: Any) -> None:
    source = archive(local, train_py=TRAIN, helper_py="NAME = 1")
    request = scripted(local, source, image=local.xgboost, given={"depth": 2})
    static = request.pop("HyperParameters")
    static.pop("rate")
    definition = {**request, "StaticHyperParameters": static}
    local.call(
        "CreateHyperParameterTuningJob",
        HyperParameterTuningJobName="tuned-script",
        TrainingJobDefinition=definition,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "RandomSeed": 1,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]
            },
        },
    )  # fmt: skip
    job = local.ended("HyperParameterTuningJob", "tuned-script")
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    best = job["BestTrainingJob"]
    rate = float(best["TunedHyperParameters"]["rate"])
    value = best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    assert value == pytest.approx(abs(rate - 0.3))


def test_an_algorithm_that_runs_no_scripts_says_so(local: Any) -> None:
    image = local.xgboost.replace("sagemaker-xgboost:3.0-5", "linear-learner:1")
    with pytest.raises(ApiError, match="runs no entry point in the image"):
        local.call(
            "CreateTrainingJob",
            TrainingJobName="linear",
            **scripted(local, "s3://b/k", image=image),
        )


def test_a_job_reaches_sts_past_a_written_down_address_and_nothing_else(local: Any) -> None:
    code = """
import boto3, subprocess, sys
call = "boto3.client('s3', endpoint_url='https://s3.us-east-1.amazonaws.com').list_buckets()"
try:
    eval(call)
except Exception as error:
    print(type(error).__name__, error)
done = subprocess.run([sys.executable, "-c", "import boto3; " + call], capture_output=True, text=True)
print(done.stderr.splitlines()[-1])
"""
    local.call("CreateProcessingJob", ProcessingJobName="guarded", **local.processing(code))
    local.ended("ProcessingJob", "guarded")
    log = local.log("ProcessingJob", "guarded")
    assert log.count("refused s3:ListBuckets") == 2, log


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    directory = tmp_path_factory.mktemp("mapped")
    script = directory / "container.py"
    script.write_text(
        "import pathlib, sys\n"
        "print('ran', sys.argv[1:], 'acc=0.75;')\n"
        "pathlib.Path('/opt/ml/model/m').write_text('m')\n"
    )
    (directory / "state").mkdir()
    (directory / "state/images.toml").write_text(f"""
[[image]]
pattern = "*/mine:1.*"
command = ["python3", {json.dumps(str(script))}, "--own"]
[[image]]
pattern = "*/pytorch-training:*"
family = "scikit-learn"
""")
    opened = Local(directory)
    yield opened
    opened.runtime.close()


class TestMappedImages:
    def test_an_image_is_its_users_command(self, mapped: Any) -> None:
        specification = {
            "TrainingImage": "registry/mine:1.2",
            "TrainingInputMode": "File",
            "ContainerArguments": ["--more"],
            "MetricDefinitions": [{"Name": "acc", "Regex": "acc=([0-9.]+)"}],
        }
        job = trained(mapped, mapped.training(AlgorithmSpecification=specification))
        assert job["TrainingJobStatus"] == "Completed", job
        assert [m["Value"] for m in job["FinalMetricDataList"]] == [0.75]
        assert "ran ['--own', '--more']" in mapped.log("TrainingJob", job["TrainingJobName"])

    def test_a_processing_job_runs_it_too(self, mapped: Any) -> None:
        request = mapped.processing("")
        request["AppSpecification"] = {"ImageUri": "registry/mine:1.2"}
        mapped.call("CreateProcessingJob", ProcessingJobName="own", **request)
        assert mapped.ended("ProcessingJob", "own")["ProcessingJobStatus"] == "Completed"
        assert "ran ['--own']" in mapped.log("ProcessingJob", "own")

    def test_an_image_may_be_served_as_a_family(self, mapped: Any) -> None:
        source = archive(mapped, train_py=TRAIN, helper_py="NAME = 1")
        job = trained(mapped, scripted(mapped, source, image="1.dkr/pytorch-training:2.1"))
        assert job["TrainingJobStatus"] == "Completed", job

    def test_what_fits_no_pattern_stays_unknown(self, mapped: Any) -> None:
        with pytest.raises(ApiError, match=r"cannot run the image .*images\.toml"):
            trained(
                mapped,
                mapped.training(
                    AlgorithmSpecification={
                        "TrainingImage": "registry/mine:2",
                        "TrainingInputMode": "File",
                    }
                ),
            )


def test_a_wrong_file_of_images_opens_nothing(tmp_path: Path) -> None:
    from runtime.user_images import ImagesFileInvalid

    (tmp_path / "images.toml").write_text("[[image]]\npattern = 3\n")
    with pytest.raises(
        ImagesFileInvalid, match="'pattern' must be a text but got 3; image 1: give"
    ):
        Runtime(tmp_path)
    assert not (tmp_path / "state.db").exists()
