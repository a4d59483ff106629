"""The charts of a report: which of its data goes into which kind of chart. Pure; "" where there is nothing to show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pipelines.deploy.reporting.charts.bars import Bar, bars, parts_of
from pipelines.deploy.reporting.charts.canvas import Frame
from pipelines.deploy.reporting.charts.graph import Happened, graph
from pipelines.deploy.reporting.charts.histograms import Distribution, histogram
from pipelines.deploy.reporting.charts.intervals import (
    Estimate,
    Spread,
    estimates,
    label_range,
    spreads,
)
from pipelines.deploy.reporting.charts.lines import Series, lines
from pipelines.deploy.reporting.charts.points import Axis, Point, points
from pipelines.deploy.reporting.charts.timeline import Span, timeline
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.curves import thinned
from pipelines.deploy.reporting.quality import Errors
from pipelines.deploy.reporting.trainings import Training, Tuning
from pipelines.deploy.text import duration, number
from pipelines.deploy.watching.execution import Status, StepView
from pipelines.deploy.watching.findings import Evaluation

WIDE = 1000
_HALF = 480
_THIRD = 310
_MOST_FEATURES = 15
_MOST_POINTS = 300  # of a line: more than pixels show
_MOST_SPANS = 60
# Beyond so many steps nobody can see a graph on a page.
_MOST_NODES = 150
_KINDS = {"baseline": "s1", "challenger": "s0"}

_TONES = {
    Status.SUCCEEDED: "good",
    Status.COMPLETED_WITH_FAILURES: "halted",
    Status.FAILED: "bad",
    Status.STOPPED: "halted",
    Status.STOPPING: "halted",
    Status.EXECUTING: "busy",
    Status.STARTING: "busy",
}


def tone(step: StepView) -> str:
    """The class of the style sheet for what happened to a step."""
    return "cached" if step.cached or step.reused else status_tone(step.status)


def status_tone(status: Status) -> str:
    """The class of the style sheet for a status."""
    return _TONES.get(status, "idle")


def confidence(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    """For each metric of both models (its name, the two values with their intervals)."""
    for name in metric_names(evaluation):
        groups = (("baseline", evaluation.baseline), ("challenger", evaluation.tuned))
        found = [
            Estimate(title, group[name].value, group[name].deviation, _KINDS[title])
            for title, group in groups
            if name in group
        ]
        yield name, estimates(found, name, Frame(_HALF, 116, left=84, top=4))


def metric_names(evaluation: Evaluation) -> list[str]:
    """The metrics, those that say most first."""
    order = ("rmse", "mae", "mape", "r2")
    rank = {name: place for place, name in enumerate(order)}
    return sorted(evaluation.tuned, key=lambda name: (rank.get(name, len(order)), name))


def residuals(content: Content) -> str:
    """How the errors of both models are distributed."""
    found = [
        Distribution(name, errors.percentiles, _KINDS[name])
        for name, errors in _errors(content)
        if errors.percentiles
    ]
    title = "prediction − label"
    return histogram(found, title, Frame(WIDE, 240, left=46)) if found else ""


def deciles(content: Content) -> str:
    """The errors of both models by tenths of the labels."""
    both = [(name, errors.tenths) for name, errors in _errors(content) if errors.tenths]
    if not both:
        return ""
    groups = []
    for index, tenth in enumerate(both[-1][1]):
        found = [
            Spread(each[index].percentiles, f"{name}: mae {number(each[index].mae)}", _KINDS[name])
            for name, each in both
            if index < len(each)
        ]
        groups.append((label_range(tenth.low, tenth.high), found))
    label = content.profile.label if content.profile else "label"
    return spreads(groups, f"tenths of the test rows by {label}", Frame(WIDE, 300, left=60))


def _errors(content: Content) -> list[tuple[str, Errors]]:
    if content.quality is None:
        return []
    return [("baseline", content.quality.baseline), ("challenger", content.quality.tuned)]


def importance(content: Content) -> str:
    """The inputs that the challenger's splits gain most from."""
    if content.quality is None or not content.quality.importance:
        return ""
    profile = content.profile
    shares = list(content.quality.importance.items())
    found = [
        Bar(profile.feature(name) if profile else name, share, f"{share:.1%}")
        for name, share in shares[:_MOST_FEATURES]
    ]
    if rest := shares[_MOST_FEATURES:]:
        total = sum(share for _, share in rest)
        found.append(Bar(f"{len(rest)} others", total, f"{total:.1%}", "fill idle"))
    return bars(found, WIDE, "Share of the gain by feature")


def split(content: Content) -> str:
    """How the rows were dealt."""
    profile = content.profile
    if profile is None or not profile.parts:
        return ""
    kinds = {"train": "fill s0", "validation": "fill s4", "test": "fill s1"}
    found = [
        Bar(name, rows, f"{rows:,}", kinds.get(name, "fill idle"))
        for name, rows in profile.parts.items()
    ]
    return parts_of(found, WIDE, "Rows by part")


def labels(content: Content) -> str:
    """How the label is distributed."""
    profile = content.profile
    if profile is None or not profile.label_deciles:
        return ""
    found = [Distribution(profile.label, profile.label_deciles, "s0")]
    return histogram(found, profile.label, Frame(WIDE, 200, left=46))


def search(tuning: Tuning) -> str:
    """The objective of each trial, with the best so far."""
    found = [
        Point(at, each.objective, _trial_title(tuning, each), each.job == tuning.best)
        for at, each in enumerate(tuning.trials, 1)
        if each.objective is not None
    ]
    if not found:
        return ""
    best = "max" if tuning.maximise else "min"
    return points(found, Axis("trial"), Frame(WIDE, 260), best_so_far=best)


def searched(tuning: Tuning) -> Iterator[tuple[str, str]]:
    """For each hyperparameter that was tuned and is a number (its name, the objective over it)."""
    for name in tuning.tuned:
        found = [
            Point(value, each.objective, _trial_title(tuning, each), each.job == tuning.best)
            for each in tuning.trials
            if each.objective is not None
            and (value := _float(each.hyperparameters.get(name))) is not None
        ]
        if len(found) > 1:
            axis = Axis(name, name in tuning.logarithmic)
            yield name, points(found, axis, Frame(_THIRD, 190, left=50))


def _trial_title(tuning: Tuning, trial: Training) -> str:
    name = trial.job.removeprefix(f"{tuning.job}-")
    value = "no result" if trial.objective is None else number(trial.objective)
    return f"{name}: {tuning.metric} {value}"


def _float(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def learning(training: Training) -> Iterator[tuple[str, str]]:
    """For each metric (its name, how it went on the channels that have it)."""
    by_metric: dict[str, list[Series]] = {}
    for name, course in sorted(training.curves.items()):
        channel, _, metric = name.rpartition(":")
        if len(course) > 1:
            series = Series(channel or metric, thinned(list(course), _MOST_POINTS))
            by_metric.setdefault(metric, []).append(series)
    for metric, found in by_metric.items():
        for group in [found[:6]] if _comparable(found) else [[each] for each in found]:
            yield metric, lines(group, "round or epoch", Frame(_HALF, 240))


def _comparable(found: Sequence[Series]) -> bool:
    """Whether one axis suits all: LinearLearner's loss is scaled on the train channel, and only there."""
    sizes = [max(abs(value) for _, value in each.points) for each in found]
    return max(sizes) <= 100 * min(sizes)


def times(content: Content) -> str:
    """When each step ran."""
    view = content.view
    spans = [
        Span(
            step.name,
            _since(view.started, step.started),
            _since(view.started, step.ended or content.read),
            tone(step),
            "cached" if step.cached else duration(step.seconds(content.read)),
        )
        for step in view.steps
        if step.started is not None
    ]
    spans.sort(key=lambda span: span.start)
    return timeline(spans[:_MOST_SPANS], WIDE) if spans else ""


def _since(start: datetime, moment: datetime | None) -> float:
    return max(0.0, (moment - start).total_seconds()) if moment else 0.0


def steps(content: Content) -> str:
    """The graph, coloured by what happened."""
    if len(content.definition.steps) > _MOST_NODES:
        return ""
    return graph(content.definition, _happened(content))


def _happened(content: Content) -> Mapping[str, Happened]:
    found = {}
    for step in content.view.steps:
        took = duration(step.seconds(content.read))
        status = "not run" if step.status is Status.NOT_RUN else str(step.status).lower()
        if step.cached or step.reused:
            took, status = "", "cached" if step.cached else "reused"
        found[step.name] = Happened(tone(step), " · ".join(filter(None, (status, took))))
    return found
