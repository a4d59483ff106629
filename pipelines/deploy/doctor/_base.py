"""The contract of a check, what it may look at, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from params.environment import Environment
from pipelines.definition.document import Definition
from pipelines.deploy.aws_doctor import Probe
from pipelines.deploy.errors import DeployError


class Status(StrEnum):
    """From fine to broken; SKIPPED says nothing either way."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAILED = "failed"


_ORDER = tuple(Status)


@dataclass(frozen=True)
class Result:
    """`found` says what was seen, or why nothing was looked at; `todo` what to do about it, "" when nothing."""

    status: Status
    found: str
    todo: str = ""


@dataclass(frozen=True)
class Composition:
    name: str
    definition: Definition


@dataclass(frozen=True)
class Context:
    """What a check may look at; `aws` is whether AWS answers, and not the local runtime in its place."""

    environment: Environment
    compositions: tuple[Composition, ...]
    probe: Probe
    aws: bool
    now: Callable[[], datetime]


class Check(ABC):
    """One thing that must be right before a pipeline runs. One file, one class, found by its file.

    `run` looks, changes nothing, and answers in full sentences. What it raises as DeployError becomes "skipped:
    could not look": a check that takes a refusal for an answer (credentials) catches it itself.
    """

    name: str
    # Its place in the table, after all those it needs; gaps are for others to come.
    rank: int
    # Names of checks that must have passed, if only with a warning: without them this one could not see anything.
    needs: tuple[str, ...] = ()
    # Why it says nothing about an endpoint that is not AWS, such as the local runtime; "" when it does.
    aws_only: str = ""

    @abstractmethod
    def run(self, context: Context) -> Result:
        """Look. May raise DeployError."""


def ok(found: str) -> Result:
    return Result(Status.OK, found)


def failed(found: str, todo: str) -> Result:
    return Result(Status.FAILED, found, todo)


def warning(found: str, todo: str) -> Result:
    return Result(Status.WARNING, found, todo)


def skipped(found: str, todo: str = "") -> Result:
    return Result(Status.SKIPPED, found, todo)


def of_error(status: Status, error: DeployError, prefix: str = "") -> Result:
    """Errors say what happened, then after the last semicolon what to do."""
    found, semicolon, todo = str(error).rpartition("; ")
    return (
        Result(status, f"{prefix}{found}", todo) if semicolon else Result(status, f"{prefix}{todo}")
    )


def together(results: Iterable[Result], otherwise: Result) -> Result:
    """One result of several: the worst status, and what was found and is to be done of those that have it."""
    each = list(results)
    if not each:
        return otherwise
    worst = max((one.status for one in each), key=_ORDER.index)
    chosen = [one for one in each if one.status is worst]
    return Result(
        worst,
        "\n".join(dict.fromkeys(one.found for one in chosen)),
        "\n".join(dict.fromkeys(one.todo for one in chosen if one.todo)),
    )
