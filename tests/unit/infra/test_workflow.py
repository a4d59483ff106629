from __future__ import annotations

from pathlib import Path

import pytest
import yaml

WORKFLOW = Path(__file__).parents[3] / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(WORKFLOW.read_text())


def steps(job):
    return [each["run"] for each in job["steps"] if "run" in each]


def test_the_commands_are_those_that_everybody_types(workflow):
    # YAML 1.1 reads the key `on` as true.
    assert workflow[True] == {"push": {"branches": ["main"]}, "pull_request": None}
    runs = [run for job in workflow["jobs"].values() for run in steps(job)]
    assert "make test" in runs
    for run in runs:
        # The browser of the browser tests is the runner's own; a missing one must not be skipped over.
        if run != "google-chrome --version":
            assert run.startswith(("make ", ".venv/bin/python -m pipelines."))
        assert "\n" not in run


def test_only_a_tested_push_deploys_and_only_it_may_ask_for_a_token(workflow):
    test, deploy = workflow["jobs"]["test"], workflow["jobs"]["deploy"]
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in test
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    assert deploy["needs"] == "test"
    assert "github.event_name == 'push'" in deploy["if"]


def test_no_key_is_stored(workflow):
    assert "secrets." not in WORKFLOW.read_text()
    [credentials] = [
        each["with"]
        for each in workflow["jobs"]["deploy"]["steps"]
        if each.get("uses", "").startswith("aws-actions/configure-aws-credentials@")
    ]
    assert set(credentials) == {"role-to-assume", "aws-region"}


def test_the_branch_is_the_one_that_the_role_trusts(workflow, environment):
    assert workflow[True]["push"]["branches"] == [environment.infra.branch]
