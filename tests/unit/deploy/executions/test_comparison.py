from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.executions.comparison import Ran, Row, compare
from pipelines.deploy.watching.execution import ExecutionView, Job, Status, StepView
from pipelines.deploy.watching.findings import Evaluation, Findings, Metric

START = datetime(2026, 1, 1, tzinfo=UTC)
DEFINITION = parse(
    {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "Rounds", "Type": "Integer", "DefaultValue": 3},
            {"Name": "Quick", "Type": "Boolean", "DefaultValue": False},
        ],
        "Steps": [],
    }
)


def ended(name, seconds, kind=None, description=None, **members):
    job = Job(kind, f"arn:x/{name}-job") if kind else None
    end = START + timedelta(seconds=seconds)
    return StepView(
        name, "Any", Status.SUCCEEDED, START, end, job=job, description=description, **members
    )


def ran(*steps, given=None, metrics=None):
    tuned = {name: Metric(value, None) for name, value in (metrics or {}).items()}
    findings = Findings(Evaluation(tuned, {}, None) if tuned else None, {}, {}, ())
    end = START + timedelta(seconds=42)
    view = ExecutionView("tiny", "arn/x", Status.SUCCEEDED, START, end, None, steps)
    return Ran(view, DEFINITION, given or {}, findings)


def test_parameters_left_at_their_default_have_its_value():
    found = compare(ran(), ran(given={"Rounds": "5"})).parameters
    assert found == (Row("Rounds", ("3", "5")), Row("Quick", ("false", "false")))
    assert [row.differs for row in found] == [True, False]


@pytest.mark.parametrize(
    ("metric", "values", "better"),
    [
        ("rmse", (2.0, 1.0), 1),
        ("rmse", (1.0, 2.0), 0),
        ("r2", (0.5, 0.9), 1),
        ("validation:auc", (0.9, 0.5), 0),
        ("rmse", (1.0, 1.0), None),
        ("temperature", (1.0, 2.0), None),
    ],
)
def test_the_better_metric_is_marked_where_its_name_says_which_is(metric, values, better):
    left, right = (ran(metrics={metric: value}) for value in values)
    assert compare(left, right).metrics == (Row(f"test {metric}", values, better),)


def test_metrics_of_one_side_stand_alone():
    trained = {"FinalMetricDataList": [{"MetricName": "validation:mae", "Value": 2}]}
    left = ran(ended("Train", 3, "TrainingJob", trained))
    assert compare(left, ran()).metrics == (Row("Train validation:mae", (2.0, None)),)


def test_the_winners_are_the_best_trials_and_what_they_were_given():
    def tuned(trial, depth):
        best = {"TrainingJobName": f"Tune-job-{trial}", "TunedHyperParameters": {"depth": depth}}
        return ran(ended("Tune", 9, "TuningJob", {"BestTrainingJob": best}))

    assert compare(tuned("001-a", "3"), tuned("002-b", "5")).winners == (
        Row("Tune trial", ("001-a", "002-b")),
        Row("Tune depth", ("3", "5")),
    )


def test_what_was_not_run_here_has_no_duration():
    left = ran(ended("A", 3), ended("B", 5, cached=True))
    right = ran(ended("A", 4), ended("B", 5, reused=True))
    assert compare(left, right).durations == (Row("in all", (42.0, 42.0)), Row("A", (3.0, 4.0)))
