"""The one door to the wall clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> float:
    """Epoch seconds, cut to milliseconds: what the service keeps of a time."""
    return round(time.time(), 3)


def iso(seconds: float) -> str:
    """`2024-05-01T12:00:00.000Z`: how `Execution.StartDateTime` reads in a Join."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
