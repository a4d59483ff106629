"""Numbers and times for reading."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def number(value: float) -> str:
    """Four significant digits, thousands apart, no exponent between 0.0001 and 1e15: 47,912  0.8421."""
    size = abs(value)
    if size >= 1e15 or (0 < size < 1e-4):
        return f"{value:.3g}"
    if size >= 1000 or value == 0:
        return f"{value:,.0f}"
    digits = 4 if size < 1 else 2 if size < 100 else 1
    return f"{value:.{digits}f}"


def duration(seconds: float | None) -> str:
    """`4.2 s`, `1 min 05 s`, `2 h 03 min`; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def count(amount: int, what: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{amount:,} {what}" if amount == 1 else f"{amount:,} {what}s"


def harmless(text: str) -> str:
    """What a job wrote, without control characters but tab and newline: it must not move the cursor."""
    return _CONTROL.sub("", text)


def shortened(value: object, length: int = 60) -> str:
    """The value in one line of at most `length` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
