"""Jobs whose results do not fit on the disk; a limit on the size of any one file stands for it."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

SmallDisk = Callable[[], AbstractContextManager[None]]
LARGE = "import os; open('{}', 'wb').write(os.urandom(1_000_000))"


@pytest.fixture
def small_disk(local: Any) -> SmallDisk:
    """While its context lasts this process can write no file of more than 500 kB; the fork server can."""
    local.call(
        "CreateProcessingJob", ProcessingJobName="fork-server", **local.processing("print(1)")
    )
    local.ended("ProcessingJob", "fork-server")

    @contextmanager
    def limited() -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


@pytest.mark.usefixtures("own_opt_ml")
def test_results_that_do_not_fit_fail_their_job_with_a_reason_and_leave_nothing(
    local: Any, small_disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    training = local.script_training(LARGE.format("/opt/ml/model/large"))
    processing = local.processing(LARGE.format("/opt/ml/processing/output/large"))
    step = {"Name": "Large", "Type": "Processing", "Arguments": processing}
    pipeline = local.pipeline("large", step)
    with small_disk():
        local.call("CreateTrainingJob", TrainingJobName="large", **training)
        job = local.ended("TrainingJob", "large")
        arn = local.start(pipeline)
        assert local.finished(arn)["PipelineExecutionStatus"] == "Failed"
    assert job["TrainingJobStatus"] == "Failed"
    for reason in (job["FailureReason"], local.steps(arn)["Large"]["FailureReason"]):
        assert "ClientError: " in reason
        assert "free some space on its disk" in reason
    assert caplog.text == ""  # the user's disk is no bug of ours
    assert not list((local.directory / "state/jobs").glob("*/*/ml"))
    assert local.runtime.objects.list(local.bucket, "out/") == []
    # With space again the same execution goes on.
    token = "again" * 8
    local.call("RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token)
    assert local.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert len(local.read("s3://test-bucket/out/large")) == 1_000_000
