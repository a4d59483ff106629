"""Jobs outside a pipeline: what starting one and waiting for it have in common."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from sagemaker.core.helper.pipeline_variable import PipelineVariable

from steps.algorithms.values import InvalidEstimator

# Seconds between two looks: a job on this machine ends in a second, one on AWS takes minutes and counts calls.
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.2, 15.0, 1.5

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10)
_RUNNING = ("InProgress", "Stopping")

Show = Callable[[str], object]
Pause = Callable[[float], object]


def say(line: str) -> None:
    """Print at once, also where the output is a file or a pipe."""
    print(line, flush=True)


class JobFailed(RuntimeError):
    """A job ended without a result: it failed or was stopped; `reason` is what the service says of it."""

    def __init__(self, job: str, status: str, reason: str) -> None:
        self.job, self.status, self.reason = job, status, reason
        super().__init__(f"{job} ended as {status}: {reason}")


@dataclass(frozen=True)
class Look:
    """A job at one moment; `news` are lines for people, `description` is what Describe answered."""

    status: str
    news: tuple[str, ...]
    description: Mapping[str, Any]


class Job(Protocol):
    def look(self) -> Look:
        """The job now."""

    def stop(self) -> None:
        """Ask the service to stop it."""


def wait_for(job: Job, show: Show, pause: Pause) -> Look:
    """Look, ever less often, until the job has ended; each line of news is shown once.

    Ctrl-C asks the service to stop the job, since it would go on and be billed, and is raised again.
    """
    shown: set[str] = set()
    seconds = FIRST_PAUSE
    try:
        while True:
            found = job.look()
            for line in found.news:
                if line not in shown:
                    show(line)
            shown.update(found.news)
            if found.status not in _RUNNING:
                return found
            pause(seconds)
            seconds = min(seconds * GROWTH, LONGEST_PAUSE)
    except KeyboardInterrupt:
        show("Asking SageMaker to stop the job.")
        job.stop()
        raise


def client_of(region: str) -> Any:
    """A SageMaker client; the environment says where to and as whom (AWS_ENDPOINT_URL_SAGEMAKER, AWS_PROFILE ...)."""
    return boto3.client("sagemaker", region_name=region, config=_CONFIG)


def new_name(subject: str, longest: int) -> str:
    """A name that no other job has."""
    end = f"-{secrets.token_hex(6)}"
    return re.sub(r"[^a-zA-Z0-9]+", "-", subject).strip("-")[: longest - len(end)] + end


def refuse_variables(subject: str, request: Mapping[str, Any]) -> None:
    """Raise InvalidEstimator when a value is known in a pipeline only."""
    problems = [f"{path} is a pipeline variable; give a value" for path in _variables(request)]
    if problems:
        raise InvalidEstimator(subject, problems)


def _variables(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, PipelineVariable):
        yield path
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _variables(member, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _variables(member, f"{path}[{index}]")
