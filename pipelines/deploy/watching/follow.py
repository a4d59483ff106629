"""Follow an execution from its start to the summary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from pipelines.deploy.aws_logs import Logs
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.errors import DONE, FAILED
from pipelines.deploy.output import say
from pipelines.deploy.start import Launch
from pipelines.deploy.tracking.afterwards import keep
from pipelines.deploy.watching import watch
from pipelines.deploy.watching.display import Lines, opened, utc_now
from pipelines.deploy.watching.documents import (
    execution_document,
    findings_document,
    step_documents,
)
from pipelines.deploy.watching.execution import ExecutionView, Status
from pipelines.deploy.watching.findings import Findings, find
from pipelines.deploy.watching.insight import Insight
from pipelines.deploy.watching.progress import Observer
from pipelines.deploy.watching.summary import (
    again_line,
    reading_lines,
    studio_line,
    summary,
)

Wait = Callable[[float], bool]


@dataclass(frozen=True)
class Followed:
    """A finished execution."""

    view: ExecutionView
    findings: Findings

    @property
    def exit_code(self) -> int:
        """0 when it succeeded; failures that the pipeline itself handled count as success."""
        good = (Status.SUCCEEDED, Status.COMPLETED_WITH_FAILURES)
        return DONE if self.view.status in good else FAILED

    def document(self) -> dict[str, Any]:
        """Everything about it for `--json`."""
        now = utc_now()
        return {
            "execution": execution_document(self.view, now),
            "steps": step_documents(self.view, now),
            **findings_document(self.findings),
        }


def follow(endpoint: Endpoint, launch: Launch, arn: str, console: Console, wait: Wait) -> Followed:
    """Show the execution live until it has finished, then the summary; `wait` as for `watch`."""
    observer = Observer(endpoint.aws, launch.definition, arn, Insight(endpoint.aws))
    with opened(console) as display:
        view = watch.watch(observer, display, interval(endpoint), wait)
    findings = find(endpoint.aws, launch.definition, view, endpoint.state, Logs(endpoint.aws))
    logs = f"{endpoint.state / 'jobs'}/" if endpoint.state else "CloudWatch, /aws/sagemaker/..."
    say(console, "", *summary(view, findings, logs, utc_now()))
    if endpoint.state:
        say(console, "", studio_line(endpoint.state))
    following = keep(endpoint, launch.definition, view, findings)
    following += reading_lines(view, findings, launch.where)
    if again := again_line(view, launch.typed, launch.again):
        following.append(again)
    if following:
        say(console, "", *following)
    return Followed(view, findings)


def stay(endpoint: Endpoint, launch: Launch, arn: str, console: Console, wait: Wait) -> Followed:
    """Keep an embedded runtime alive until the execution has finished; plain lines, no summary."""
    say(
        console,
        "The local runtime lives in this command, so it stays until the execution has finished; "
        "`python -m runtime` serves longer.",
    )
    observer = Observer(endpoint.aws, launch.definition, arn)
    view = watch.watch(observer, Lines(console, utc_now), interval(endpoint), wait)
    say(console, f"{view.pipeline}  {view.status}")
    if endpoint.state:
        say(console, studio_line(endpoint.state))
    return Followed(view, find(endpoint.aws, launch.definition, view, endpoint.state))


def interval(endpoint: Endpoint) -> float:
    """Seconds between two looks."""
    return watch.REMOTE if endpoint.state is None else watch.LOCAL
