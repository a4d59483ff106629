"""How metrics went while a model was trained, out of the lines its job printed. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Points = list[tuple[int, float]]

# Longer lines cannot hold a metric, but could keep a regular expression busy for long.
_LONGEST_LINE = 2048
_MOST_DEFINITIONS = 40  # the built-in algorithms have hundreds, and lines of a known form
# `[12]<tab>train-rmse:0.5<tab>validation-rmse:0.6`; CloudWatch shows the tab of some images as #011.
_ROUND = re.compile(r"\[(\d{1,9})\]((?:(?:\t|#011)[^\s:#]+:[^\s:#]+)+)\s*")
_SCORE = re.compile(r"(?:\t|#011)([^\s:#]+):([^\s:#]+)")
# `#quality_metric: host=algo-1, epoch=3, validation mse_objective <loss>=0.5`
_EPOCH = re.compile(r"#quality_metric: host=\S+, epoch=(\d{1,9}), (\w+) (\S+) <\w+>=(\S+)")


def curves(lines: Iterable[str], definitions: Sequence[Mapping[str, str]]) -> dict[str, Points]:
    """Metric -> (step, value) in the order of the lines.

    Steps are XGBoost's rounds and LinearLearner's epochs; for the job's own MetricDefinitions they count its matches.
    """
    kept = [line[:_LONGEST_LINE] for line in lines]
    found: dict[str, Points] = {}
    for name, step, value in _known(kept):
        found.setdefault(name, []).append((step, value))
    return found or _defined(kept, definitions)


def thinned(points: Points, most: int) -> Points:
    """At most so many of the points, equally far apart, the last one among them."""
    if len(points) <= most:
        return points
    return [points[(index + 1) * len(points) // most - 1] for index in range(most)]


def _known(lines: Iterable[str]) -> Iterator[tuple[str, int, float]]:
    for line in lines:
        if match := _ROUND.fullmatch(line):
            for name, text in _SCORE.findall(match[2]):
                if (value := _number(text)) is not None:
                    yield name.replace("-", ":", 1), int(match[1]), value
        elif match := _EPOCH.search(line):
            metric = "objective_loss" if match[3].endswith("_objective") else match[3]
            if (value := _number(match[4])) is not None:
                yield f"{match[2]}:{metric}", int(match[1]), value


def _defined(lines: Sequence[str], definitions: Sequence[Mapping[str, str]]) -> dict[str, Points]:
    found: dict[str, Points] = {}
    for definition in definitions if len(definitions) <= _MOST_DEFINITIONS else ():
        try:
            pattern = re.compile(definition["Regex"])
        except (re.error, KeyError):
            continue  # the service reads them with another engine
        values = [_number(m[1]) for line in lines for m in pattern.finditer(line) if pattern.groups]
        points = [(step, value) for step, value in enumerate(values) if value is not None]
        if points:
            found[definition["Name"]] = points
    return found


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
