"""Executions in MLflow, read back through its own client."""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings

import pytest

from pipelines import run, track

if importlib.util.find_spec("mlflow") is None:
    pytest.skip("mlflow is not installed", allow_module_level=True)


class Store:
    """MLflow's own view of what was logged."""

    def __init__(self, directory):
        from mlflow import MlflowClient

        uri = f"sqlite:///{directory / 'mlflow.db'}"
        self.client = MlflowClient(uri, uri)

    def runs(self, experiment):
        found = self.client.get_experiment_by_name(experiment)
        return list(self.client.search_runs([found.experiment_id]))


@pytest.fixture(autouse=True)
def quiet():
    # MLflow's dependencies deprecate each other.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def state(tmp_path, monkeypatch, served_directory):
    """The store of this test alone, beside the runtime that serves all."""
    monkeypatch.setattr("pipelines.deploy.tracking.tracking.directory", lambda endpoint: tmp_path)
    return tmp_path


@pytest.fixture
def finished(account, wait_for):
    account.deploy(
        "tracked",
        account.script("Prepare", "print('rows: 3')"),
        parameters=[{"Name": "Seed", "Type": "Integer", "DefaultValue": 3}],
    )
    arn = account.start("tracked", Seed="7")
    assert account.ended(arn, wait_for) == "Succeeded"
    return arn


def test_an_execution_is_logged_once(finished, state, capsys):
    assert track.main([finished]) == 0
    assert "Logged as run" in capsys.readouterr().out
    assert track.main([finished]) == 0
    assert "Logged before as run" in capsys.readouterr().out
    store = Store(state)
    [logged] = store.runs("tracked")
    assert logged.info.status == "FINISHED"
    assert logged.data.params == {"Seed": "7"}
    assert logged.data.tags["sagemaker.execution"] == finished
    artifacts = {each.path for each in store.client.list_artifacts(logged.info.run_id)}
    assert artifacts == {"links.json", "report.html"}


def test_a_log_that_was_cut_off_is_replaced(finished, state, capsys):
    assert track.main([finished]) == 0
    store = Store(state)
    [before] = store.runs("tracked")
    store.client.delete_tag(before.info.run_id, "sagemaker.state")
    assert track.main([finished, "--json"]) == 0
    document = json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))
    [after] = store.runs("tracked")
    assert document["new"] is True
    assert after.info.run_id == document["run_id"] != before.info.run_id


def test_a_run_is_tracked_where_the_environment_says_so(account, state, capsys, monkeypatch):
    monkeypatch.setenv("SAGEMAKER_MLFLOW", "local")
    account.deploy("followed", account.script("Prepare", "raise SystemExit('no rows')"))
    assert run.main(["followed"]) == 1
    assert f"MLflow  mlflow ui --backend-store-uri sqlite:///{state}/mlflow.db" in (
        capsys.readouterr().out
    )
    [logged] = Store(state).runs("followed")
    assert logged.info.status == "FAILED"
    assert "Prepare: " in logged.data.tags["sagemaker.failure"]


def test_without_mlflow_the_run_is_as_good_as_with_it(account, state, capsys, monkeypatch):
    monkeypatch.setenv("SAGEMAKER_MLFLOW", "local")
    monkeypatch.setitem(sys.modules, "mlflow", None)
    account.deploy("without", account.script("Prepare", "print('rows: 3')"))
    assert run.main(["without"]) == 0
    [said] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("MLflow")]
    assert "is not installed; install the extra: pip install '.[tracking]'" in said


def test_where_sagemaker_logs_by_itself_nothing_is_logged_twice(
    finished, state, capsys, monkeypatch
):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-ABCDEF"
    monkeypatch.setenv("SAGEMAKER_MLFLOW", arn)
    assert track.main([finished]) == 2
    assert f"SageMaker itself logs executions, to {arn}" in capsys.readouterr().err
    assert not (state / "mlflow.db").exists()


def test_a_store_that_is_none_is_told(finished, state, capsys):
    (state / "mlflow.db").write_bytes(b"no database" * 100)
    assert track.main([finished]) == 1
    error = capsys.readouterr().err
    assert "mlflow.db cannot be used" in error
    assert "Traceback" not in error
