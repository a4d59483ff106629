"""What every step function is given: the pipeline's name, the environment and where assets go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join

from params.environment import Environment

SCRIPTS = Path(__file__).parent / "scripts"


class AssetStore(Protocol):
    def asset(self, path: Path) -> str:
        """Remember a local file and return the S3 URI it will have."""


@dataclass(frozen=True)
class Context:
    pipeline: str
    env: Environment
    session: AssetStore

    @property
    def group(self) -> str:
        """The model package group of the pipeline's models: its name where it is deployed."""
        return self.env.named(self.pipeline)

    def script(self, name: str) -> str:
        """The S3 URI that `steps/scripts/<name>` will have."""
        return self.session.asset(SCRIPTS / name)

    def output(self, *path: str) -> Join:
        """An S3 URI of this execution's own: executions never overwrite each other's results."""
        base = f"s3://{self.env.bucket}/{self.env.prefix}/{self.pipeline}"
        return Join(on="/", values=[base, ExecutionVariables.PIPELINE_EXECUTION_ID, *path])
