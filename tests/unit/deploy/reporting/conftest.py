"""A finished execution with everything a report can show, and ways to change it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.planning.prices import Prices
from pipelines.deploy.reporting.content import Content, Origin, Parameter, Where
from pipelines.deploy.reporting.costs import costs
from pipelines.deploy.reporting.profile import read_profile
from pipelines.deploy.reporting.quality import read_quality
from pipelines.deploy.reporting.trainings import Training, Tuning
from pipelines.deploy.watching.execution import ExecutionView, Job, Status, StepView
from pipelines.deploy.watching.findings import Evaluation, Findings, Metric

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


@pytest.fixture
def moment():
    return at


@pytest.fixture
def manifest():
    return {
        "label": "price",
        "rows": {"read": 100, "without_label": 2, "train": 78, "validation": 10, "test": 10},
        "columns": {
            "area": {"kind": "numeric", "features": ["area", "area:missing"], "unreadable": 3},
            "town": {"kind": "one-hot", "features": ["town=A"], "unreadable": 0},
        },
        "dropped": {"id": "an identifier"},
        "missing": {"area": 25, "town": 0, "id": 0, "price": 2},
        "features": ["area", "area:missing", "town=A"],
        "label_deciles": [float(each) for each in range(0, 110, 10)],
        "files": ["houses.csv"],
    }


@pytest.fixture
def evaluation():
    def errors(scale):
        return {
            "error_percentiles": [scale * each for each in range(-10, 11)],
            "error_by_decile": [
                {
                    "labels": [low, low + 10],
                    "rows": 1,
                    "mae": scale * 3.0,
                    "error_percentiles": [-2 * scale, -scale, 0, scale, 2 * scale],
                }
                for low in range(0, 100, 10)
            ],
        }

    return {
        "rows": 10,
        **errors(1.0),
        "baseline": errors(2.0),
        "improvement_interval": [0.2, 0.5],
        "feature_importance": {"f0": 0.75, "f2": 0.25},
        "quality": {"passed": True, "message": "tuned RMSE 3 is below RmseThreshold 6"},
    }


@pytest.fixture
def definition():
    script = {"Type": "Processing", "Arguments": {}}
    register = {"Name": "Register", "Type": "RegisterModel", "Arguments": {}}
    steps = [
        {"Name": "Prepare", **script},
        {"Name": "Train", "Type": "Training", "Arguments": {}, "DependsOn": ["Prepare"]},
        {"Name": "Tune", "Type": "Tuning", "Arguments": {}, "DependsOn": ["Prepare"]},
        {"Name": "Evaluate", **script, "DependsOn": ["Train", "Tune"]},
        {
            "Name": "Check",
            "Type": "Condition",
            "DependsOn": ["Evaluate"],
            "Arguments": {"Conditions": [], "IfSteps": [register], "ElseSteps": []},
        },
    ]
    return parse(json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps}))


@pytest.fixture
def view():
    processing = {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}
        },
        "ProcessingStartTime": at(1),
        "ProcessingEndTime": at(4),
    }
    training = {
        "TrainingJobName": "train-1",
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2},
        "TrainingStartTime": at(5),
        "TrainingEndTime": at(15),
        "BillableTimeInSeconds": 4,
    }
    tuning = {"TrainingJobDefinition": {"ResourceConfig": {"InstanceType": "ml.m5.xlarge"}}}
    package = {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://b/model.tar.gz"}]}}

    def step(name, kind, start, end, job, description, **members):
        made = Job(job, f"{ARN}:{job.lower()}/{name.lower()}-1")
        times = {"started": at(start), "ended": at(end)}
        return StepView(
            name, kind, Status.SUCCEEDED, job=made, description=description, **times, **members
        )

    return ExecutionView(
        pipeline="tiny",
        arn=f"{ARN}:pipeline/tiny/execution/abcdefghijkl",
        status=Status.SUCCEEDED,
        started=START,
        ended=at(42),
        failure=None,
        steps=(
            step("Prepare", "Processing", 0, 4, "ProcessingJob", processing),
            step("Train", "Training", 4, 16, "TrainingJob", training, detail="test:rmse 6"),
            step("Tune", "Tuning", 4, 30, "TuningJob", tuning, detail="2/2 trials, best 3, █▁▁"),
            step("Evaluate", "Processing", 30, 40, "ProcessingJob", processing, cached=True),
            StepView("Check", "Condition", Status.SUCCEEDED, at(40), at(40)),
            step("Register", "RegisterModel", 40, 42, "RegisterModel", package),
        ),
    )


@pytest.fixture
def trial():
    def make(number, objective, status="Completed", **hyperparameters):
        return Training(
            job=f"tune-1-{number:03d}",
            status=status,
            hyperparameters=hyperparameters,
            metrics={} if objective is None else {"validation:rmse": objective},
            started=at(5),
            ended=at(5 + number),
            objective=objective,
            curves={"validation:rmse": [(step, 9.0 - step) for step in range(3)]},
        )

    return make


@pytest.fixture
def tuning(trial):
    return Tuning(
        step="Tune",
        job="tune-1",
        strategy="Bayesian",
        metric="validation:rmse",
        maximise=False,
        trials=(
            trial(1, 5.0, eta="0.1", depth="3"),
            trial(2, 3.0, eta="0.01", depth="5"),
            trial(3, None, "Failed", eta="1", depth="4"),
        ),
        best="tune-1-002",
        tuned=("depth", "eta"),
        logarithmic=frozenset({"eta"}),
    )


@pytest.fixture
def prices():
    return Prices("us-east-1", "2025", "a test", {"ml.m5.large": 3600.0, "ml.m5.xlarge": 36000.0})


@pytest.fixture
def content(view, definition, manifest, evaluation, tuning, prices):
    metrics = {"rmse": Metric(3.0, 0.1), "r2": Metric(0.9, 0.01)}
    baseline = {"rmse": Metric(5.0, 0.2), "r2": Metric(0.7, 0.02)}
    training = Training(
        "train-1",
        "Completed",
        {"l1": "0.5"},
        {"test:rmse": 6.0},
        "s3://b/train/model.tar.gz",
        at(5),
        at(15),
        None,
        {"train:loss": [(0, 2.0), (1, 1.0)], "validation:loss": [(0, 3.0), (1, 2.0)]},
    )
    return Content(
        where=Where("local", "local runtime in /somewhere", local=True),
        view=view,
        definition=definition,
        origin=Origin("ab" * 32, "0123456789ab", "Jo", 3),
        parameters=(Parameter("Seed", "7", given=True), Parameter("L1", "0.5", given=False)),
        findings=Findings(
            Evaluation(metrics, baseline, 0.4),
            {"eta": "0.01"},
            {"arn": f"{ARN}:registermodel/register-1", "approval": "PendingManualApproval"},
            (),
        ),
        profile=read_profile(manifest),
        quality=read_quality(evaluation),
        trainings={"Train": training},
        tunings=(tuning,),
        costs=costs(view, (tuning,), prices),
        unread=(),
        read=at(60),
    )
