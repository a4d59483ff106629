"""The work behind `logs`: lines as they are, or one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from params.environment import Environment
from pipelines.deploy.aws_executions import Executions
from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.executions.logs import Choice, Entry, Reader, Sources, follow
from pipelines.deploy.executions.named import executed_definition, find
from pipelines.deploy.output import say
from pipelines.deploy.text import harmless
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.follow import interval
from pipelines.deploy.watching.watch import pause

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")


@dataclass(frozen=True)
class LogOptions:
    """Which execution, which of its logs, and whether to go on until it ends."""

    execution: str
    choice: Choice
    follow: bool = False


def show_logs(
    environment: Environment, options: LogOptions, console: Console, *, as_json: bool
) -> None:
    """Print lines in the order of time. Raises DeployError."""
    emit = print_entry if as_json else Prefixed(console).show
    count = 0
    with open_endpoint(environment) as endpoint:
        for count, entry in enumerate(_entries(endpoint, environment, options), 1):  # noqa: B007
            emit(entry)
    if not count and not as_json:
        say(console, "No job has written anything so far.")


def print_entry(entry: Entry) -> None:
    """One JSON object on stdout, at once: a reader may be waiting for it."""
    moment = datetime.fromtimestamp(entry.timestamp / 1000, UTC)
    document = {
        "time": moment.isoformat(timespec="milliseconds"),
        "step": entry.source.step,
        "job": entry.source.job,
        "host": entry.host,
        "message": entry.message,
    }
    print(json.dumps(document), flush=True)


@dataclass
class Prefixed:
    """Prints lines behind the label of their source, each in a colour of its own."""

    console: Console
    _colours: dict[str, str] = field(default_factory=dict)

    def show(self, entry: Entry) -> None:
        label = entry.source.label
        if entry.host not in ("", "algo-1"):
            label = f"{label} {entry.host}".strip()
        if label:
            colour = self._colours.setdefault(label, _COLOURS[len(self._colours) % len(_COLOURS)])
            self.console.print(Text(f"{label} | ", colour), end="", soft_wrap=True)
        # As it was written: the console would make spaces of its tabs.
        print(harmless(entry.message), file=self.console.file, flush=True)


def _entries(endpoint: Endpoint, environment: Environment, options: LogOptions) -> Iterator[Entry]:
    executions = Executions(endpoint.aws)
    target = find(executions, environment, options.execution)
    definition = executed_definition(endpoint.aws, target)
    sources = Sources(endpoint.aws, definition, target.arn, options.choice)
    reader = Reader(Logs(endpoint.aws))

    def unread() -> Iterable[Entry]:
        return reader.unread(sources.now())

    if not options.follow:
        yield from unread()
        return
    yield from follow(_status(endpoint, target.arn), unread, lambda: _wait(endpoint))
    if endpoint.state is None:
        # CloudWatch shows a line some seconds after it was written.
        _wait(endpoint)
        yield from unread()


def _status(endpoint: Endpoint, arn: str) -> Callable[[], Status]:
    return lambda: Status(endpoint.aws.describe_execution(arn)["PipelineExecutionStatus"])


def _wait(endpoint: Endpoint) -> None:
    pause(interval(endpoint))
