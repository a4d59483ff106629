from __future__ import annotations

import datetime as dt

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from sagemaker.core.workflow.parameters import ParameterInteger

from steps.algorithms.estimator import Channel
from steps.algorithms.fit import Trained, TrainingJob, fit
from steps.algorithms.jobs import GROWTH, LONGEST_PAUSE, JobFailed
from steps.algorithms.values import InvalidEstimator
from steps.algorithms.xgboost import xgboost

CHANNELS = {"train": Channel("s3://bucket/train")}
CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/x"


def described(status, *states, **more):
    """An answer of DescribeTrainingJob; `states` are (seconds after creation, state)."""
    return {
        "TrainingJobName": "x",
        "TrainingJobArn": ARN,
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/models/x/output/model.tar.gz"},
        "TrainingJobStatus": status,
        "SecondaryStatus": states[-1][1],
        "StoppingCondition": {},
        "CreationTime": CREATED,
        "SecondaryStatusTransitions": [
            {
                "Status": state,
                "StartTime": CREATED + dt.timedelta(seconds=seconds),
                "StatusMessage": f"{state} it is",
            }
            for seconds, state in states
        ],
        **more,
    }


def wait(client, *answers):
    """Wait for job x, which the client describes by these answers: the result, lines shown, pauses made."""
    lines, pauses = [], []
    with Stubber(client) as stubber:
        for answer in answers:
            stubber.add_response("describe_training_job", answer, {"TrainingJobName": "x"})
        result = TrainingJob("x", client).wait(show=lines.append, pause=pauses.append)
        stubber.assert_no_pending_responses()
    return result, lines, pauses


def test_fit_sends_the_request_that_a_step_would_carry(settings, client):
    made = xgboost(settings, num_round=5)
    expected = {"TrainingJobName": ANY, **made.training_request(CHANNELS)}
    with Stubber(client) as stubber:
        stubber.add_response("create_training_job", {"TrainingJobArn": ARN}, expected)
        job = fit(made, CHANNELS, client=client)
    assert job.name.startswith("xgboost-")
    assert len(job.name) <= 63


def test_fit_refuses_what_only_a_pipeline_knows(settings, client):
    made = xgboost(settings, num_round=ParameterInteger("Rounds"))
    with pytest.raises(
        InvalidEstimator, match=r"HyperParameters\.num_round is a pipeline variable"
    ):
        fit(made, CHANNELS, client=client)


def test_without_a_client_the_environment_says_where_to(settings, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:1")
    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", lambda *_: {})
    job = fit(xgboost(settings, num_round=5), CHANNELS, name="mine")
    assert (job.name, job.client.meta.endpoint_url) == ("mine", "http://127.0.0.1:1")
    assert job.client.meta.region_name == "us-east-1"


def test_a_finished_job_is_a_model_with_metrics(client):
    metrics = [{"MetricName": "train:rmse", "Value": 2.5, "Timestamp": CREATED}]
    result, _, pauses = wait(
        client,
        described(
            "Completed",
            (9, "Completed"),
            FinalMetricDataList=metrics,
            BillableTimeInSeconds=9,
        ),
    )
    uri = "s3://bucket/models/x/output/model.tar.gz"
    assert result == Trained("x", uri, {"train:rmse": 2.5}, 9)
    assert pauses == []


def test_each_state_is_shown_once_with_its_time(client):
    states = [(0, "Starting"), (61.5, "Training"), (80, "Completed")]
    _, lines, _ = wait(
        client,
        described("InProgress", *states[:1]),
        described("InProgress", *states[:1]),
        described("Completed", *states),
    )
    assert lines == [
        "     0.0 s  Starting     Starting it is",
        "    61.5 s  Training     Training it is",
        "    80.0 s  Completed    Completed it is",
    ]


def test_it_looks_ever_less_often_up_to_a_limit(client):
    running = [described("InProgress", (0, "Starting"))] * 20
    _, _, pauses = wait(client, *running, described("Completed", (0, "Completed")))
    assert len(pauses) == 20
    assert pauses[1] == pytest.approx(pauses[0] * GROWTH)
    assert pauses[-1] == max(pauses) == LONGEST_PAUSE


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            described("Failed", (3, "Failed"), FailureReason="ClientError: no rows"),
            "training job x ended as Failed: ClientError: no rows",
        ),
        (
            described("Stopped", (3, "MaxRuntimeExceeded")),
            "training job x ended as Stopped: MaxRuntimeExceeded it is",
        ),
    ],
)
def test_a_job_without_a_result_says_why(client, answer, message):
    with pytest.raises(JobFailed) as error:
        wait(client, described("Stopping", (0, "Stopping")), answer)
    assert str(error.value) == message
    assert error.value.status == answer["TrainingJobStatus"]


def test_ctrl_c_stops_the_job_and_is_raised_again(client):
    lines = []

    def pressed(seconds):
        raise KeyboardInterrupt

    with Stubber(client) as stubber:
        stubber.add_response("describe_training_job", described("InProgress", (0, "Starting")))
        stubber.add_response("stop_training_job", {}, {"TrainingJobName": "x"})
        with pytest.raises(KeyboardInterrupt):
            TrainingJob("x", client).wait(show=lines.append, pause=pressed)
        stubber.assert_no_pending_responses()
    assert lines[-1] == "Asking SageMaker to stop the job."


def test_what_the_service_refuses_is_boto3s_own_error(client):
    with Stubber(client) as stubber:
        stubber.add_client_error("describe_training_job", "ValidationException", "not found")
        with pytest.raises(ClientError, match="not found"):
            TrainingJob("x", client).wait()


def test_lines_are_printed_at_once_when_nothing_else_is_said(client, capsys):
    with Stubber(client) as stubber:
        stubber.add_response("describe_training_job", described("Completed", (1, "Completed")))
        TrainingJob("x", client).wait()
    assert capsys.readouterr().out == "     1.0 s  Completed    Completed it is\n"
