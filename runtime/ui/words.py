"""How values are written on pages: times, durations, numbers, sizes, and which tone a status has."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

# Status of anything the API describes -> its tone; each tone has a colour and a mark of its own (static/studio.css).
_TONES = {
    "Succeeded": "good",
    "Completed": "good",
    "Approved": "good",
    "Active": "good",
    "Executing": "busy",
    "InProgress": "busy",
    "Starting": "busy",
    "Stopping": "busy",
    "Failed": "bad",
    "CompletedWithFailures": "bad",
    "Rejected": "bad",
    "Stopped": "halted",
    "PendingManualApproval": "halted",
    "Cached": "cached",
}
MARKS = {"good": "✓", "bad": "✕", "busy": "●", "halted": "■", "cached": "↺", "idle": "·"}
_UNITS = ("B", "KB", "MB", "GB", "TB")


def tone(status: str) -> str:
    """good, bad, busy, halted, cached or idle."""
    return _TONES.get(status, "idle")


def seconds(value: float | None) -> str:
    """A duration: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if value is None:
        return "–"
    if value < 9.95:
        return f"{max(value, 0):.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def moment(value: float | None) -> str:
    """A time of this machine's clock, to the second."""
    if not value:
        return "–"
    return datetime.fromtimestamp(value, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def iso(value: float) -> str:
    """The `datetime` of a <time> element."""
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")


def number(value: float | None) -> str:
    """27,577; 0.0877; 4.15e9: what a person compares, at most five digits."""
    if value is None:
        return "–"
    if isinstance(value, int) or (
        math.isfinite(value) and value == int(value) and abs(value) < 1e9
    ):
        return f"{int(value):,}"
    if 1e4 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    mantissa, exponential, exponent = f"{value:.5g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponential else mantissa


def shortened(text: str) -> str:
    """A hyperparameter in a table: of a number with many digits the first few, of a long text its beginning."""
    try:
        value = float(text)
    except ValueError:
        return text if len(text) <= 40 else f"{text[:39]}…"
    return text if len(text) <= 7 or not math.isfinite(value) else number(value)


def size(value: int) -> str:
    """Bytes: 512 B, 1.2 MB."""
    amount, unit = float(value), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def pretty(value: Any) -> str:
    """JSON for people: two spaces, plain characters, the order it came in."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def counted(amount: int, noun: str) -> str:
    """1 step, 2 steps."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def first_line(text: str) -> str:
    """What of a reason fits into a list."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 180 else f"{line[:179]}…"
