from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.document import parse
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.watching.execution import ExecutionView, Job, Status, StepView
from pipelines.deploy.watching.findings import Metric, find, log_file

REPORT = {
    "regression_metrics": {
        "rmse": {"value": 3, "standard_deviation": 0.5},
        "note": "text",
        "mae": {"value": "many"},
    },
    "baseline": {"regression_metrics": {"rmse": {"value": 4.0}}},
    "improvement": 0.25,
}
EVALUATE = {
    "Name": "Evaluate",
    "Type": "Processing",
    "Arguments": {},
    "PropertyFiles": [
        {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "evaluation.json"}
    ],
}
DEFINITION = parse({"Version": "2020-12-01", "Parameters": [], "Steps": [EVALUATE]})
OUTPUT = {"OutputName": "out", "S3Output": {"S3Uri": "s3://bucket/out/"}}


class Answers:
    """Stands for Aws: one JSON object in S3, and trials of a tuning job."""

    def __init__(self, report=None, trials=()):
        self.report = report
        self.trials = trials

    def read_json(self, uri):
        assert uri == "s3://bucket/out/evaluation.json"
        return self.report

    def list_trials(self, tuning_job, status):
        assert status == "Failed"
        if isinstance(self.trials, Exception):
            raise self.trials
        return iter({"TrainingJobName": each} for each in self.trials)


def view(*steps):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return ExecutionView("tiny", "arn", Status.FAILED, start, start, None, steps)


def evaluated(report):
    step = StepView(
        "Evaluate",
        "Processing",
        Status.SUCCEEDED,
        job=Job("ProcessingJob", "arn/evaluate"),
        description={"ProcessingOutputConfig": {"Outputs": [OUTPUT]}},
    )
    return find(Answers(report), DEFINITION, view(step), None).evaluation


def failed(kind, trials=(), state=None):
    job = Job(kind, "arn:job/the-job")
    step = StepView("Step", "Any", Status.FAILED, failure="Because.", job=job)
    [failure] = find(Answers(trials=trials), DEFINITION, view(step), state).failures
    return failure


def test_the_evaluation_is_read_from_the_output_that_holds_the_property_file():
    evaluation = evaluated(REPORT)
    assert evaluation.tuned == {"rmse": Metric(3.0, 0.5)}
    assert evaluation.baseline == {"rmse": Metric(4.0, None)}
    assert evaluation.improvement == 0.25


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["regression_metrics", "baseline", "rmse", "value", "improvement"]),
            inner,
        ),
    )
)
def test_a_report_of_any_shape_is_read_or_ignored(report):
    evaluated(report)


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "7"])
def test_a_metric_that_is_no_number_is_left_out(value):
    report = {"regression_metrics": {"rmse": {"value": value}, "mae": {"value": 1}}}
    assert evaluated(report).tuned == {"mae": Metric(1.0, None)}


def test_a_report_that_may_not_be_read_is_said_and_the_rest_is_found():
    answers = Answers()

    def refuse(uri):
        raise ServiceError(f"reading {uri}: Forbidden (403)")

    answers.read_json = refuse
    step = StepView(
        "Evaluate",
        "Processing",
        Status.SUCCEEDED,
        job=Job("ProcessingJob", "arn/evaluate"),
        description={"ProcessingOutputConfig": {"Outputs": [OUTPUT]}},
    )
    findings = find(answers, DEFINITION, view(step), None)
    assert findings.evaluation is None
    assert findings.unread == ("reading s3://bucket/out/evaluation.json: Forbidden (403)",)


def test_on_aws_the_log_is_a_command_to_type():
    failure = failed("TrainingJob")
    assert failure.log == (
        "aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix the-job"
    )


def test_of_a_tuning_job_the_first_failed_trial_is_looked_into(tmp_path):
    log = tmp_path / "jobs" / "training" / "trial-7" / "log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"first\n\xff broken\n")
    failure = failed("TuningJob", ["trial-7", "trial-8"], tmp_path)
    assert failure.log == str(log)
    assert failure.last_lines == ("first", "\ufffd broken")


@pytest.mark.parametrize("trials", [(), ServiceError("gone")])
def test_a_tuning_job_without_failed_trials_still_has_a_reason(trials, tmp_path):
    failure = failed("TuningJob", trials, tmp_path)
    assert (failure.reason, failure.log) == ("Because.", None)


def test_a_job_that_never_ran_has_no_log(tmp_path):
    assert log_file(tmp_path, "never") is None


class Log:
    """Stands for Logs: lines, or an error to raise; `asked` is what it was asked for."""

    def __init__(self, lines):
        self.lines = lines
        self.asked = None

    def last(self, kind, job, amount):
        self.asked = kind, job
        if isinstance(self.lines, Exception):
            raise self.lines
        return self.lines


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("ProcessingJob", ("ProcessingJob", "the-job")),
        ("TuningJob", ("TrainingJob", "trial-3")),
    ],
)
def test_on_aws_the_last_lines_are_the_services(kind, asked):
    step = StepView("Step", "Any", Status.FAILED, job=Job(kind, "arn:job/the-job"))
    log = Log(["the end"])
    [failure] = find(Answers(trials=["trial-3"]), DEFINITION, view(step), None, log).failures
    assert failure.last_lines == ("the end",)
    assert log.asked == asked


def test_a_log_that_may_not_be_read_leaves_the_reason():
    step = StepView("Step", "Any", Status.FAILED, failure="Why.", job=Job("ProcessingJob", "a/b"))
    log = Log(ServiceError("denied"))
    [failure] = find(Answers(), DEFINITION, view(step), None, log).failures
    assert (failure.reason, failure.last_lines) == ("Why.", ())
