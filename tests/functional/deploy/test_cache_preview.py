"""What a plan foretells about the cache is what the runtime then does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from params.environment import load
from pipelines import plan, upsert
from pipelines.deploy import commands
from pipelines.deploy.endpoint import open_endpoint

NAME = "linear-baseline"
CACHED = ("Prepare", "TrainLinear")


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """Defaults of the pipeline's parameters, for tests to change; the state directory is the test's own."""
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(tmp_path / "state"))
    changed = {"MaeThreshold": 1e12}

    def environment(name, **_):
        loaded = load(name)
        parameters = {**loaded.parameters, NAME: {**loaded.parameters[NAME], **changed}}
        return replace(loaded, parameters=parameters)

    monkeypatch.setattr(commands, "environment", environment)
    return changed


def foretold(capsys):
    capsys.readouterr()
    plan.main([NAME, "--json"])
    [pipeline] = json.loads(capsys.readouterr().out)["pipelines"]
    return {each["step"]: each["outcome"] for each in pipeline["cache"] if each["step"] in CACHED}


def happened(capsys):
    """Deploy, execute, and say of each step whether it was served."""
    capsys.readouterr()
    assert upsert.main([NAME, "--start", "--wait", "--json"]) == 0
    [pipeline] = json.loads(capsys.readouterr().out)["pipelines"]
    with open_endpoint(load("local")) as endpoint:
        steps = endpoint.aws.list_steps(pipeline["execution"]["arn"])
    return {
        each["StepName"]: "served" if "CacheHitResult" in each else "runs"
        for each in steps
        if each["StepName"] in CACHED
    }


def test_the_forecast_comes_true(settings, capsys):
    assert foretold(capsys) == happened(capsys) == {"Prepare": "runs", "TrainLinear": "runs"}
    assert foretold(capsys) == happened(capsys) == {"Prepare": "served", "TrainLinear": "served"}
    settings["L2"] = 0.5
    assert foretold(capsys) == happened(capsys) == {"Prepare": "served", "TrainLinear": "runs"}
    assert plan.main([NAME, "--fail-on", "cache"]) == 0
    settings["Seed"] = 1
    assert plan.main([NAME, "--fail-on", "cache"]) == 1
    assert foretold(capsys) == happened(capsys) == {"Prepare": "runs", "TrainLinear": "runs"}
    settings |= {"Seed": 0, "L2": 0.0}
    assert foretold(capsys) == happened(capsys) == {"Prepare": "served", "TrainLinear": "served"}
