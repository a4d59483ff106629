"""The command against moto's CloudFormation: in this process, so that no port is needed."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.models import CloudFormationBackend

from params import environment as environments
from params import recorded
from pipelines import bootstrap
from pipelines.deploy.bootstrap import cloudformation

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}

# Our tests are no package (a dependency of the SDK has one of that name), so fixtures are taken from the file.
_SPEC = importlib.util.spec_from_file_location(
    "infra_templates", Path(__file__).parents[2] / "unit" / "infra" / "conftest.py"
)
_UNIT = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _UNIT
_SPEC.loader.exec_module(_UNIT)
templates, environment = _UNIT.templates, _UNIT.environment
resolved, statements, simulate = _UNIT.resolved, _UNIT.statements, _UNIT.simulate


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """moto, with what its change sets leave out (outputs, parameters), and a record that is not this checkout's."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(recorded, "DIRECTORY", tmp_path / ".outputs")
    monkeypatch.setattr(cloudformation, "_PROPOSING", {"Delay": 0, "MaxAttempts": 3})
    monkeypatch.setattr(cloudformation, "_RUNNING", {"Delay": 0, "MaxAttempts": 3})
    execute = CloudFormationBackend.execute_change_set

    def execute_and_keep(self, change_set_name, stack_name=None):
        # moto reads outputs when a stack is made, which for a change set is before it has a template.
        execute(self, change_set_name, stack_name)
        change_set = self.describe_change_set(change_set_name)
        stack = self.stacks[change_set.stack_id]
        stack.parameters = change_set.parameters
        stack._parse_template()
        stack.output_map = stack._create_output_map()

    monkeypatch.setattr(CloudFormationBackend, "execute_change_set", execute_and_keep)
    with mock_aws():
        yield boto3.Session(region_name="us-east-1")


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """A copy of the environments whose [infra] a test may change; the function changes it."""
    directory = tmp_path / "params" / "environments"
    directory.mkdir(parents=True)
    for path in environments.DIRECTORY.glob("*.toml"):
        (directory / path.name).write_text(path.read_text())
    load = environments.load

    def change(name="dev", **values):
        file = directory / f"{name}.toml"
        text = file.read_text()
        for key, value in values.items():
            before = tomllib.loads(text)["infra"][key]
            text = text.replace(f"{key} = {_toml(before)}\n", f"{key} = {_toml(value)}\n")
            assert tomllib.loads(text)["infra"][key] == value
        file.write_text(text)

    monkeypatch.setattr(
        "pipelines.deploy.commands.load",
        lambda name, variables=None: load(name, directory=directory, variables=variables),
    )
    return change


def _toml(value):
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


@pytest.fixture
def run(aws, settings, capsys):
    """Run the command; its exit code, stdout and stderr."""

    def run(*arguments):
        code = bootstrap.main(["--env", "dev", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run
