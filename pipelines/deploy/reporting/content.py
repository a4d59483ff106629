"""Everything a report says, as frozen data: `gather.py` asks for it, `page.py` and `markdown.py` show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.definition.document import Definition
from pipelines.deploy.reporting.costs import Costs
from pipelines.deploy.reporting.profile import Profile
from pipelines.deploy.reporting.quality import Quality
from pipelines.deploy.reporting.trainings import Training, Tuning
from pipelines.deploy.watching.execution import ExecutionView
from pipelines.deploy.watching.findings import Findings


@dataclass(frozen=True)
class Origin:
    """Which code ran: `digest` is the sha256 of the definition; the others are "" where nobody has recorded them."""

    digest: str
    commit: str = ""
    author: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Parameter:
    """`given` when the start named it, else `value` is the default."""

    name: str
    value: str
    given: bool


@dataclass(frozen=True)
class Where:
    """Where it ran; `local` on this machine's runtime."""

    environment: str
    label: str
    local: bool


@dataclass(frozen=True)
class Content:
    """`trainings` are the jobs of training steps by step; `unread` says what could not be looked at, and why.

    `read` is when everything was asked for.
    """

    where: Where
    view: ExecutionView
    definition: Definition
    origin: Origin
    parameters: tuple[Parameter, ...]
    findings: Findings
    profile: Profile | None
    quality: Quality | None
    trainings: Mapping[str, Training]
    tunings: tuple[Tuning, ...]
    costs: Costs | None
    unread: tuple[str, ...]
    read: datetime

    @property
    def id(self) -> str:
        """The last part of the execution's ARN."""
        return self.view.arn.rpartition("/")[2]
