from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.progress import Observer

START = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
DEFINITION = parse(
    {
        "Version": "2020-12-01",
        "Steps": [
            {"Name": "Check", "Type": "Condition", "Arguments": {}, "DependsOn": ["Train"]},
            {"Name": "Train", "Type": "Training", "Arguments": {}},
        ],
    }
)


class Answers:
    """Stands for Aws: steps and one description, or an error to raise; `asked` counts descriptions."""

    def __init__(self, *entries, status="Executing", description=None):
        self.entries = entries
        self.status = status
        self.description = description
        self.asked = 0

    def describe_execution(self, arn):
        return {
            "PipelineExecutionStatus": self.status,
            "CreationTime": START,
            "LastModifiedTime": START,
        }

    def list_steps(self, arn):
        return self.entries

    def describe_job(self, kind, arn):
        self.asked += 1
        if isinstance(self.description, Exception):
            raise self.description
        return self.description


def entry(name="Train", status="Succeeded", metadata=None, **members):
    metadata = metadata or {"TrainingJob": {"Arn": f"{ARN}:training-job/train-1"}}
    return {"StepName": name, "StepStatus": status, "Metadata": metadata, **members}


def observer(answers):
    return Observer(answers, DEFINITION, f"{ARN}:pipeline/tiny/execution/abcdefghijkl")


def detail(metadata, description=None, **members):
    step = entry(metadata=metadata, **members)
    return observer(Answers(step, description=description)).look().steps[0].detail


def test_steps_stand_in_the_order_they_can_run_in_and_unknown_ones_last():
    view = observer(Answers(entry("Foreign", metadata={}), entry())).look()
    assert [step.name for step in view.steps] == ["Train", "Check", "Foreign"]
    assert [step.status for step in view.steps] == ["Succeeded", "Waiting", "Succeeded"]
    assert view.pipeline == "tiny"


def test_in_a_finished_execution_a_step_that_never_started_was_not_run():
    view = observer(Answers(status="Failed")).look()
    assert {step.status for step in view.steps} == {Status.NOT_RUN}


def test_the_job_of_a_finished_step_is_described_once():
    answers = Answers(entry(), description={})
    watched = observer(answers)
    watched.look()
    watched.look()
    assert answers.asked == 1
    answers.entries = [entry(status="Executing", metadata={"TuningJob": {"Arn": "arn/tune"}})]
    answers.description = {"HyperParameterTuningJobConfig": {"ResourceLimits": {}}}
    watched.look()
    watched.look()
    assert answers.asked == 3


def test_a_job_that_may_not_be_described_does_not_end_the_watch():
    answers = Answers(entry(), description=ServiceError("DescribeTrainingJob: not authorized"))
    [step, _] = observer(answers).look().steps
    assert step.detail == "no details: DescribeTrainingJob: not authorized"


@pytest.mark.parametrize("error", [Throttled("slowly"), NoAnswer("unreachable")])
def test_what_another_look_may_help_against_is_not_a_detail(error):
    with pytest.raises(type(error)):
        observer(Answers(entry(), description=error)).look()


def test_of_a_training_job_the_errors_in_the_labels_unit_come_first():
    names = ("train:rmse", "test:mse", "test:objective_loss", "test:rmse", "test:absolute_loss")
    metrics = [{"MetricName": name, "Value": 2.5} for name in names]
    job = {"TrainingJob": {"Arn": "arn/train"}}
    assert detail(job, {"FinalMetricDataList": metrics}) == (
        "test:rmse 2.50, test:absolute_loss 2.50, test:mse 2.50"
    )


@pytest.mark.parametrize(
    ("metadata", "description", "text"),
    [
        ({"Condition": {"Outcome": "True"}}, None, "outcome True"),
        ({"Condition": {}}, None, "outcome"),
        ({"Fail": {"ErrorMessage": "Too bad."}}, None, "Too bad."),
        ({"Lambda": {"Arn": "arn:lambda", "OutputParameters": []}}, None, ""),
        ({"EMR": {"ClusterId": "j-1"}}, None, ""),
        ({"TuningJob": {}}, None, ""),
        (
            {"TuningJob": {"Arn": "arn/tune"}},
            {
                "HyperParameterTuningJobConfig": {
                    "ResourceLimits": {"MaxNumberOfTrainingJobs": 20}
                },
                "TrainingJobStatusCounters": {"Completed": 3, "NonRetryableError": 1},
            },
            "4/20 trials, 1 failed",
        ),
        (
            {"RegisterModel": {"Arn": "arn/group/3"}},
            {"ModelPackageGroupName": "group", "ModelPackageVersion": 3},
            "group version 3",
        ),
    ],
)
def test_each_kind_of_step_says_what_matters(metadata, description, text):
    assert detail(metadata, description) == text


def test_a_step_out_of_the_cache_says_so():
    assert detail({"Model": {"Arn": "arn/model"}}, CacheHitResult={}) == "cached"


class Chatty:
    """Stands for Insight."""

    def words(self, job, description, *, finished):
        return "ended" if finished else "round 3"


def test_insight_is_added_to_what_describe_says():
    answers = Answers(entry(status="Executing"), description={})
    watched = Observer(answers, DEFINITION, f"{ARN}:pipeline/tiny/execution/a", Chatty())
    assert watched.look().steps[0].detail == "round 3"
    answers.entries = (entry(),)
    assert watched.look().steps[0].detail == "ended"


def test_another_attempt_and_a_reused_result_are_said():
    assert detail({}, AttemptCount=2) == "attempt 2"
    assert detail({}, AttemptCount=1) == ""
    assert detail({}, SelectiveExecutionResult={}) == "reused"


def test_a_selective_execution_shows_the_steps_it_has_to_do_with():
    class Selective(Answers):
        def describe_execution(self, arn):
            config = {"SelectedSteps": [{"StepName": "Check"}]}
            return {**super().describe_execution(arn), "SelectiveExecutionConfig": config}

    assert [step.name for step in observer(Selective()).look().steps] == ["Check"]
    assert len(observer(Selective(entry())).look().steps) == 2
