"""The work behind `doctor`: compose -> connect -> examine -> report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from params.environment import Environment
from pipelines.deploy.aws_doctor import Probe
from pipelines.deploy.doctor import _report as report
from pipelines.deploy.doctor._base import Composition, Context, Status
from pipelines.deploy.doctor._examine import all_checks, examine
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import DONE, FAILED
from pipelines.deploy.output import remark, say
from pipelines.deploy.planner import composed
from pipelines.deploy.sources import Source


def diagnose(
    environment: Environment, found: Sequence[Source], console: Console
) -> tuple[int, dict[str, Any]]:
    """The exit code and the document for `--json`. Raises DeployError."""
    read = [composed(each) for each in found]
    compositions = tuple(Composition(each.synthesis.name, each.definition) for each in read)
    # Whose the credentials are is one of the things it reports.
    with open_endpoint(environment, guarded=False) as endpoint:
        remark(console, f"{environment.name}: {endpoint.label}", "")
        findings = list(examine(_context(environment, endpoint, compositions), all_checks()))
        label = endpoint.label
    say(console, report.table(findings), "", report.summary(findings))
    broken = any(each.result.status is Status.FAILED for each in findings)
    document = {
        "environment": environment.name,
        "endpoint": label,
        "pipelines": [each.name for each in compositions],
        "checks": report.document(findings),
    }
    return FAILED if broken else DONE, document


def _context(
    environment: Environment, endpoint: Endpoint, compositions: tuple[Composition, ...]
) -> Context:
    return Context(
        environment=environment,
        compositions=compositions,
        probe=Probe(endpoint.aws.client),
        aws=endpoint.state is None and ".amazonaws.com" in endpoint.aws.endpoint,
        now=lambda: datetime.now(UTC),
    )
