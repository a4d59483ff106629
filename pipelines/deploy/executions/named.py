"""Which execution a word on the command line means: an ARN, an execution's id, or a pipeline's newest execution."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from params.environment import Environment
from pipelines.definition.check import near
from pipelines.definition.document import Definition, read
from pipelines.definition.errors import DefinitionError
from pipelines.deploy.aws import Aws
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.errors import DefinitionInvalid, NotDeployed, UsageError, listed
from pipelines.deploy.start import environment_option

_ARN = re.compile(
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]+:\d{12}:pipeline/([A-Za-z0-9\-]{1,256})/execution/([A-Za-z0-9]+)"
)
_PIPELINE_ARN = re.compile(
    r"arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]+:\d{12}:pipeline/([A-Za-z0-9\-]{1,256})"
)
_ID = re.compile(r"[a-z0-9]{12}")


@dataclass(frozen=True)
class Target:
    """One execution."""

    pipeline: str
    arn: str

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


def find(executions: Executions, environment: Environment, text: str) -> Target:
    """The execution that is meant. Raises UsageError when there is none, NotDeployed when it has not run yet."""
    if match := _ARN.fullmatch(text):
        return Target(match[1], text)
    pipeline = _PIPELINE_ARN.fullmatch(text)
    name = pipeline[1] if pipeline else environment.named(text)
    if name.startswith("arn:") or "/" in name:
        raise UsageError(
            f"'{text}' is no execution; give an ARN like "
            "arn:aws:sagemaker:REGION:ACCOUNT:pipeline/NAME/execution/ID, an id, or a pipeline's name"
        )
    found = executions.newest(name)
    if found is None:
        return _by_id(executions, environment, text)
    newest = next(found, None)
    if newest is None:
        raise NotDeployed(
            f"pipeline '{name}' has not run in environment '{environment.name}'; "
            f"start it with: {typed('run', environment, name)}"
        )
    return Target(name, newest["PipelineExecutionArn"])


def _by_id(executions: Executions, environment: Environment, text: str) -> Target:
    """Look through all pipelines' executions: no call finds one by its id alone."""
    names = executions.pipelines()
    where = f"in environment '{environment.name}'"
    if not _ID.fullmatch(text):
        raise UsageError(f"no pipeline '{text}' is deployed {where}{near(text, names)}")
    found = [
        Target(name, summary["PipelineExecutionArn"])
        for name in names
        for summary in executions.newest(name) or ()
        if summary["PipelineExecutionArn"].endswith(f"/{text}")
    ]
    if len(found) > 1:
        raise UsageError(listed(f"'{text}' means several executions", [each.arn for each in found]))
    if not found:
        raise UsageError(f"no execution and no pipeline '{text}' {where}{near(text, names)}")
    return found[0]


def executed_definition(aws: Aws, target: Target) -> Definition:
    """What the execution runs, as far as it can be read. Raises DefinitionInvalid when that is nothing."""
    try:
        definition, _ = read(aws.execution_definition(target.arn))
    except DefinitionError as error:
        raise DefinitionInvalid(
            listed(f"{target.pipeline}: the definition it runs cannot be read", error.problems)
        ) from error
    return definition


def check_step(definition: Definition, step: str) -> None:
    """Raise UsageError for a step that the definition does not have, in the body of a ForEach neither."""
    names = [each.name for step in definition.steps for each in (step, *step.body)]
    if step not in names:
        raise UsageError(f"there is no step '{step}'{near(step, names)}")


def typed(command: str, environment: Environment, *words: str) -> str:
    """A command of ours as a user types it, in the same environment."""
    option = environment_option(environment).split()
    return shlex.join(["python", "-m", f"pipelines.{command}", *words, *option])
