"""Processing jobs: scripts with hard-coded /opt/ml, side by side."""

from __future__ import annotations

import os
from typing import Any

import pytest

from runtime.api import ApiError

COPY = """
import sys, os
from pathlib import Path
out = Path("/opt/ml/processing/output")
(out / "sub").mkdir()
(out / "sub" / sys.argv[1]).write_text(f"{sys.argv[1]} {os.getcwd()}")
print("credentials", os.environ["AWS_ACCESS_KEY_ID"], os.environ.get("SECRET"))
"""


def run(local: Any, name: str, *arguments: str, **request: Any) -> dict[str, Any]:
    local.call("CreateProcessingJob", ProcessingJobName=name, **request)
    return dict(local.ended("ProcessingJob", name))


@pytest.mark.usefixtures("own_opt_ml")
def test_scripts_with_fixed_paths_run_side_by_side_and_nothing_shows_on_the_host(
    local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "mine")
    before = os.path.exists("/opt/ml")  # noqa: PTH110
    names = [f"copy-{index}" for index in range(4)]
    for name in names:
        local.call("CreateProcessingJob", ProcessingJobName=name, **local.processing(COPY, name))
    for name in names:
        job = local.ended("ProcessingJob", name)
        assert job["ProcessingJobStatus"] == "Completed", local.log("ProcessingJob", name)
        assert local.read(f"s3://test-bucket/out/sub/{name}") == f"{name} /opt/ml/code".encode()
        assert local.log("ProcessingJob", name) == "credentials local None\n"
    assert os.path.exists("/opt/ml") == before  # noqa: PTH110


def test_an_exit_code_is_the_failure_reason(local: Any) -> None:
    job = run(local, "exits", **local.processing("import sys; sys.exit(3)"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: , exit code: 3"


@pytest.mark.usefixtures("own_opt_ml")
def test_a_message_is_shown_and_the_reason_points_to_the_log(local: Any) -> None:
    code = "open('/opt/ml/output/message','w').write('row 7: no label'); raise SystemExit(1)"
    job = run(local, "message", **local.processing(code))
    assert job["ExitMessage"] == "row 7: no label"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_a_command_that_is_no_python_script_runs_too(local: Any) -> None:
    request = local.processing("")
    command = ["/bin/sh", "-c", "echo out > /opt/ml/processing/output/shell.txt"]
    request["AppSpecification"]["ContainerEntrypoint"] = command
    assert run(local, "shell", **request)["ProcessingJobStatus"] == "Completed"
    assert local.read("s3://test-bucket/out/shell.txt") == b"out\n"


def test_a_command_that_does_not_exist_says_so(local: Any) -> None:
    request = local.processing("")
    request["AppSpecification"]["ContainerEntrypoint"] = ["no-such-program"]
    assert run(local, "absent", **request)["FailureReason"].endswith("exit code: 127")
    assert "no-such-program: No such file" in local.log("ProcessingJob", "absent")


def test_a_job_beyond_its_time_is_ended(local: Any) -> None:
    request = local.processing(
        "import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 1}
    )
    job = run(local, "late", **request)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "longer than its MaxRuntimeInSeconds of 1 seconds" in job["FailureReason"]


def test_stop_ends_a_running_job(local: Any) -> None:
    code = "import time; print('ready', flush=True); time.sleep(600)"
    local.call("CreateProcessingJob", ProcessingJobName="halt", **local.processing(code))
    local.wait_for(lambda: "ready" in local.log("ProcessingJob", "halt"))
    local.call("StopProcessingJob", ProcessingJobName="halt")
    assert local.ended("ProcessingJob", "halt")["ProcessingJobStatus"] == "Stopped"


def test_scripts_find_neither_our_packages_nor_each_others_files(local: Any) -> None:
    code = """
try:
    import runtime
except ImportError:
    print("none of ours")
import sklearn, pandas, sys
assert "runtime.jobs" not in sys.modules
"""
    assert run(local, "own", **local.processing(code))["ProcessingJobStatus"] == "Completed"
    assert "none of ours" in local.log("ProcessingJob", "own")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ImageUri": "x/unknown:1"}, "cannot run the image 'x/unknown:1'"),
        ({"ContainerEntrypoint": None}, "needs a ContainerEntrypoint"),
    ],
)
def test_a_request_that_cannot_run_here_is_refused(
    change: dict[str, Any], message: str, local: Any
) -> None:
    request = local.processing("")
    specification = {**request["AppSpecification"], **change}
    request["AppSpecification"] = {k: v for k, v in specification.items() if v is not None}
    with pytest.raises(ApiError, match=message):
        local.call("CreateProcessingJob", ProcessingJobName="cannot", **request)


def test_a_local_path_outside_the_contract_is_refused(local: Any) -> None:
    request = local.processing("")
    request["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/opt/ml/processing/../../../etc"
    job = run(local, "escape", **request)
    assert "must be under /opt/ml" in job["FailureReason"]
