"""Finds metrics in a job's log, as the service does: on the text that CloudWatch shows, the last match wins."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.definition.algorithms._base import Metric

# Long lines cannot hold a metric, but could keep a regular expression busy for hours.
_LONGEST_LINE = 4096
_DIGITS = str.maketrans("", "", "0123456789.")


def algorithm_metrics(log: Path, metrics: Sequence[Metric]) -> dict[str, float]:
    """Final values by metric name for a built-in algorithm, whose lines differ in nothing but their numbers.

    So the last line of each shape is enough, which makes dozens of metrics over thousands of rounds cheap.
    """
    lines = _lines(log)
    # At once: line by line it takes ten times as long.
    shapes = "\n".join(lines).translate(_DIGITS).split("\n")
    last = sorted({shape: number for number, shape in enumerate(shapes)}.values())
    regexes = {metric.name: metric.regex for metric in metrics}
    return _last_matches([lines[number] for number in last], regexes)


def defined_metrics(log: Path, definitions: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Final values by metric name for a request's own MetricDefinitions."""
    regexes = {definition["Name"]: definition["Regex"] for definition in definitions}
    return _last_matches(_lines(log), regexes) if regexes else {}


def series(log: Path, regex: str) -> list[float]:
    """Every value that a metric had, in order; what is no number, as the service sees it, is left out."""
    pattern = re.compile(regex)
    found = (_number(pattern, match) for line in _lines(log) for match in pattern.finditer(line))
    return [
        single_precision(value) for value in found if value is not None and math.isfinite(value)
    ]


def single_precision(value: float) -> float:
    """The value as the service reports it: 2.91488 comes back as 2.9148800373077393."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _lines(log: Path) -> list[str]:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return [line[:_LONGEST_LINE] for line in text.replace("\t", "#011").split("\n")]


def _last_matches(lines: Sequence[str], regexes: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, regex in regexes.items():
        value = _last_match(lines, regex)
        # The service reads metrics from CloudWatch, which refuses other values.
        if value is not None and math.isfinite(single_precision(value)):
            found[name] = single_precision(value)
    return found


def _last_match(lines: Sequence[str], regex: str) -> float | None:
    pattern = re.compile(regex)
    for line in reversed(lines):
        for match in reversed(list(pattern.finditer(line))):
            value = _number(pattern, match)
            if value is not None:
                return value
    return None


def _number(pattern: re.Pattern[str], match: re.Match[str]) -> float | None:
    try:
        return float(match[1] if pattern.groups else match[0])
    except (TypeError, ValueError):
        return None
