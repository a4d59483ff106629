"""Metric curves: what a job's MetricDefinitions find in its log, over time. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from runtime.ui.charts import Chart, line_chart

# Long lines cannot hold a metric, but could keep a regular expression busy for hours.
_LONGEST_LINE = 4096
_MOST_CHARTS = 6
# What says how far or how fast, not how well.
_NOT_SHOWN = ("progress", "throughput")


def curves(messages: Sequence[str], definitions: Sequence[Mapping[str, str]]) -> list[Chart]:
    """A chart for each metric with two values or more; train:rmse and validation:rmse share one."""
    lines = [message.replace("\t", "#011")[:_LONGEST_LINE] for message in messages]
    grouped: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for definition in definitions:
        name = definition["Name"]
        channel, _, metric = name.partition(":")
        metric = metric or channel
        if metric.startswith(_NOT_SHOWN) or metric.endswith(":final"):
            continue
        values = list(_values(lines, definition["Regex"]))
        if len(values) > 1:
            grouped.setdefault(metric, {})[name] = list(enumerate(values, 1))
    charts = (line_chart(metric, series) for metric, series in grouped.items())
    return [chart for chart in charts if chart is not None][:_MOST_CHARTS]


def _values(lines: Iterable[str], regex: str) -> Iterable[float]:
    try:
        pattern = re.compile(regex)
    except re.error:
        return
    for line in lines:
        for match in pattern.finditer(line):
            try:
                value = float(match[1] if pattern.groups else match[0])
            except (TypeError, ValueError):
                continue
            if math.isfinite(value):
                yield value
