from __future__ import annotations

import datetime as dt

import pytest
from botocore.stub import ANY, Stubber
from sagemaker.core.workflow.parameters import ParameterInteger

from steps.algorithms.estimator import Channel
from steps.algorithms.jobs import JobFailed
from steps.algorithms.ranges import ContinuousRange
from steps.algorithms.tune import Trial, TuningJob, tune
from steps.algorithms.tuner import Direction, Objective, Search, tuner
from steps.algorithms.values import InvalidEstimator
from steps.algorithms.xgboost import xgboost

CHANNELS = {"train": Channel("s3://bucket/train"), "validation": Channel("s3://bucket/valid")}
RANGES = {"eta": ContinuousRange(0.01, 0.3)}
CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/x"
NAME = {"HyperParameterTuningJobName": "x"}


@pytest.fixture
def made(settings):
    estimator = xgboost(settings, objective="reg:squarederror", num_round=10)
    objective = Objective("validation:rmse", Direction.MINIMIZE)
    return tuner(estimator, objective, RANGES, Search(3, 2))


def summary(number, value, status="Completed", **more):
    found = {
        "TrainingJobName": f"x-{number:03}",
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/x-{number:03}",
        "CreationTime": CREATED,
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"eta": f"0.{number}"},
        **more,
    }
    if value is None:
        return found
    metric = {"MetricName": "validation:rmse", "Value": value}
    return {**found, "FinalHyperParameterTuningJobObjectiveMetric": metric}


def described(made, status, counts=(0, 0, 0), direction="Minimize", **more):
    """An answer of DescribeHyperParameterTuningJob; `counts` are Completed, InProgress, NonRetryableError."""
    request = made.request(CHANNELS)
    config = request["HyperParameterTuningJobConfig"]
    config["HyperParameterTuningJobObjective"]["Type"] = direction
    names = ("Completed", "InProgress", "NonRetryableError")
    return {
        **NAME,
        "HyperParameterTuningJobArn": ARN,
        "HyperParameterTuningJobStatus": status,
        "CreationTime": CREATED,
        "TrainingJobStatusCounters": dict(zip(names, counts, strict=True)),
        "ObjectiveStatusCounters": {},
        **request,
        **more,
    }


def wait(client, *answers, listed=(), only=None):
    """Wait for job x, described by these answers and with these training jobs: the result and the lines."""
    lines = []
    with Stubber(client) as stubber:
        for answer in answers:
            stubber.add_response("describe_hyper_parameter_tuning_job", answer, NAME)
        stubber.add_response(
            "list_training_jobs_for_hyper_parameter_tuning_job",
            {"TrainingJobSummaries": list(listed)},
            {**NAME, **(only or {})},
        )
        result = TuningJob("x", client).wait(show=lines.append, pause=lambda _: None)
    return result, lines


def test_tune_sends_the_request_that_a_step_would_carry(made, client):
    expected = {"HyperParameterTuningJobName": ANY, **made.request(CHANNELS)}
    answer = {"HyperParameterTuningJobArn": ARN}
    with Stubber(client) as stubber:
        stubber.add_response("create_hyper_parameter_tuning_job", answer, expected)
        job = tune(made, CHANNELS, client=client)
    assert job.name.startswith("xgboost-")
    assert len(job.name) <= 32


def test_tune_refuses_what_only_a_pipeline_knows(made, client):
    search = Search(ParameterInteger("Jobs", default_value=3), 2)
    later = tuner(made.estimator, made.objective, RANGES, search)
    with pytest.raises(InvalidEstimator, match="MaxNumberOfTrainingJobs is a pipeline variable"):
        tune(later, CHANNELS, client=client)


def test_the_best_is_the_services_choice_with_its_model(made, client):
    listed = [summary(1, 3.0), summary(2, None, "Failed"), summary(3, 2.0)]
    best = described(made, "Completed", (2, 0, 1), BestTrainingJob=listed[2])
    result, _ = wait(client, best, listed=listed)
    uri = "s3://bucket/models/x-003/output/model.tar.gz"
    assert result.best == Trial("x-003", "Completed", {"eta": "0.3"}, 2.0, uri)
    assert [trial.name for trial in result.trials] == ["x-003", "x-001", "x-002"]
    assert result.trials[-1].value is None


def test_the_highest_comes_first_when_more_is_better(made, client):
    listed = [summary(1, -1.0), summary(2, None, "Failed"), summary(3, 2.0), summary(4, 0.0)]
    best = described(made, "Completed", direction="Maximize", BestTrainingJob=listed[2])
    result, _ = wait(client, best, listed=listed)
    assert [trial.value for trial in result.trials] == [2.0, 0.0, -1.0, None]


def test_progress_is_shown_when_it_changes(made, client):
    best = {"BestTrainingJob": summary(1, 0.25)}
    _, lines = wait(
        client,
        described(made, "InProgress", (0, 2, 0)),
        described(made, "InProgress", (0, 2, 0)),
        described(made, "InProgress", (1, 1, 1), **best),
        described(made, "Completed", (2, 0, 1), **best),
        listed=[summary(1, 0.25)],
    )
    assert [line.strip() for line in lines] == [
        "0 of 3 training jobs completed, 2 in progress",
        "1 of 3 training jobs completed, 1 in progress, 1 failed; best validation:rmse 0.25",
        "2 of 3 training jobs completed, 0 in progress, 1 failed; best validation:rmse 0.25",
    ]


def test_a_failed_search_tells_why_the_first_training_job_failed(made, client):
    answer = described(made, "Failed", (0, 0, 3), FailureReason="No training job succeeded.")
    listed = [summary(n, None, "Failed", FailureReason=f"reason {n}") for n in (1, 2)]
    with pytest.raises(JobFailed) as error:
        wait(client, answer, listed=listed, only={"StatusEquals": "Failed"})
    assert str(error.value) == (
        "tuning job x ended as Failed: No training job succeeded. "
        "The first that failed, x-001: reason 1"
    )


def test_a_stopped_search_has_no_result(made, client):
    with pytest.raises(JobFailed, match="tuning job x ended as Stopped: "):
        wait(client, described(made, "Stopped"), only={"StatusEquals": "Failed"})


def test_a_search_without_any_value_has_no_best(made, client):
    with pytest.raises(JobFailed, match="no training job reported the objective"):
        wait(client, described(made, "Completed"))


def test_ctrl_c_stops_the_search(made, client):
    def pressed(seconds):
        raise KeyboardInterrupt

    with Stubber(client) as stubber:
        running = described(made, "InProgress", (0, 2, 0))
        stubber.add_response("describe_hyper_parameter_tuning_job", running)
        stubber.add_response("stop_hyper_parameter_tuning_job", {}, NAME)
        with pytest.raises(KeyboardInterrupt):
            TuningJob("x", client).wait(show=lambda _: None, pause=pressed)
        stubber.assert_no_pending_responses()
