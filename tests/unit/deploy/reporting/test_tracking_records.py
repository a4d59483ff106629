"""What of an execution goes into MLflow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.deploy.tracking.records import record
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.findings import Failure


def test_an_execution_is_a_run_with_its_trainings_and_trials_below(content):
    run = record(content).run
    assert (run.name, run.status) == ("abcdefghijkl", "FINISHED")
    assert run.parameters == {"Seed": "7", "L1": "0.5"}
    assert run.metrics["test/rmse"] == [(0, 3.0)]
    assert run.metrics["baseline/rmse"] == [(0, 5.0)]
    assert run.metrics["usd on AWS"] == [(0, 143.0)]
    assert run.tags["mlflow.source.git.commit"] == "0123456789ab"
    train, tune = run.children
    assert train.metrics == {
        "test/rmse": [(0, 6.0)],
        "train/loss": [(0, 2.0), (1, 1.0)],
        "validation/loss": [(0, 3.0), (1, 2.0)],
    }
    assert [each.name for each in tune.children] == ["001", "002", "003"]
    assert [each.status for each in tune.children] == ["FINISHED", "FINISHED", "FAILED"]
    assert tune.children[1].parameters == {"eta": "0.01", "depth": "5"}
    assert len(tune.children[1].metrics["validation/rmse"]) == 3
    assert tune.metrics == {"best/validation/rmse": [(0, 3.0)]}


def test_artifacts_are_links_and_the_registered_model_is_a_version(content):
    found = record(content)
    assert found.links["Train/model"] == "s3://b/train/model.tar.gz"
    assert found.model.name == "tiny"
    assert found.model.source == found.links["registered model"] == "s3://b/model.tar.gz"
    assert found.model.tags["sagemaker.approval"] == "PendingManualApproval"


def test_a_retried_execution_is_in_another_state(content, moment):
    failed = replace(
        content,
        view=replace(content.view, status=Status.FAILED),
        findings=replace(content.findings, failures=(Failure("Train", "no data", None, ()),)),
    )
    again = replace(content, view=replace(content.view, ended=moment(90)))
    states = {record(each).state for each in (failed, content, again)}
    assert len(states) == 3
    assert record(failed).run.status == "FAILED"
    assert record(failed).run.tags["sagemaker.failure"] == "Train: no data"
    assert record(failed).execution == record(again).execution


@pytest.mark.parametrize(
    ("name", "key"), [("a:b", "a/b"), ("ü(x)", "ü_x_"), ("x" * 300, "x" * 250), (":", "_")]
)
def test_names_are_what_mlflow_takes(content, name, key):
    named = replace(content, parameters=(replace(content.parameters[0], name=name),))
    assert list(record(named).run.parameters) == [key]


def test_long_values_are_cut(content):
    long = replace(content.parameters[0], value="x" * 10_000)
    assert len(record(replace(content, parameters=(long,))).run.parameters["Seed"]) == 6000
