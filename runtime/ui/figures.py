"""Optuna's plots of a tuning job as plotly figures: plain data, which static/charts.js colours and draws. Pure.

Names and values come from requests, and plotly reads tags in texts (links among them): whatever Optuna is given is
escaped first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from runtime.tuning._base import Range, RangeKind
from runtime.tuning._scales import scaling
from runtime.ui.trials import Search, Trial
from runtime.ui.words import counted, number

Figure = dict[str, Any]
# Fewer say nothing of what matters.
_LEAST_FOR_IMPORTANCE = 4


@dataclass(frozen=True)
class Point:
    """A trial that has a value."""

    number: int
    value: float
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Study:
    """What the figures depend on, and nothing else: they are made once."""

    metric: str
    maximize: bool
    ranges: tuple[Range, ...]
    points: tuple[Point, ...]


def study_of(search: Search, trials: Sequence[Trial]) -> Study:
    points = tuple(
        Point(trial.number, trial.value, tuple(sorted(trial.parameters.items())))
        for trial in trials
        if trial.value is not None and math.isfinite(trial.value)
    )
    return Study(search.metric, search.maximize, search.ranges, points)


@lru_cache(maxsize=16)
def figures(study: Study) -> str:
    """JSON: {history, importance, parallel, slices}, each a figure with `summary`, or null when there is too little."""
    if not study.points or not study.ranges:
        return "{}"
    # A second to load, and only this page needs it.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    made = {
        "history": _history(study),
        "importance": _importance(study),
        "parallel": _parallel(study),
        "slices": _slices(study),
    }
    return json.dumps(made)


def _history(study: Study) -> Figure:
    from optuna import visualization

    name = _text(study.metric)
    figure = _plain(
        visualization.plot_optimization_history(_optuna(study, study.points), target_name=name)
    )
    # Optuna numbers the points it is given; those of a filter keep their own numbers.
    numbers = [point.number for point in study.points]
    figure["data"] = [trace for trace in figure["data"] if trace["x"]]
    for trace, role, label in zip(
        figure["data"], ("dots", "best"), (name, "best so far"), strict=False
    ):
        trace |= {"x": numbers, "name": label, "meta": {"role": role}, "customdata": numbers}
        trace["hovertemplate"] = "trial %{x}: %{y}<extra></extra>"
        if role == "best":
            trace["line"] = {"shape": "hv"}
    figure["layout"]["xaxis"]["title"] = {"text": "trial"}
    best = (max if study.maximize else min)(point.value for point in study.points)
    count = counted(len(study.points), "trial")
    return _said(figure, f"Best {study.metric} so far: {number(best)} after {count}")


def _importance(study: Study) -> Figure | None:
    """By the mean decrease in impurity of a random forest: fANOVA takes 12 seconds for 500 trials, this 0.3."""
    from optuna import visualization
    from optuna.importance import MeanDecreaseImpurityImportanceEvaluator

    if len({point.value for point in study.points}) < _LEAST_FOR_IMPORTANCE:
        return None
    try:
        drawn = visualization.plot_param_importances(
            _optuna(study, study.points), evaluator=MeanDecreaseImpurityImportanceEvaluator(seed=0)
        )
    except (ValueError, RuntimeError):
        return None  # no hyperparameter that all trials share takes more than one value
    figure = _plain(drawn)
    for trace in figure["data"]:
        trace |= {"meta": {"role": "bars"}, "hovertemplate": "%{y}: %{x:.3f}<extra></extra>"}
    figure["layout"]["xaxis"]["title"] = {"text": "share of what explains the objective"}
    figure["layout"]["yaxis"] = {"automargin": True, "type": "category"}
    names = {_text(known.name): known.name for known in study.ranges}
    bars = [pair for trace in figure["data"] for pair in zip(trace["y"], trace["x"], strict=True)]
    told = [f"{names.get(name, name)} {share:.2f}" for name, share in reversed(bars)]
    return _said(figure, f"Importance: {', '.join(told)}", len(bars))


def _parallel(study: Study) -> Figure:
    """Lines from the objective through every hyperparameter; the best are drawn last and strongest."""
    from optuna import visualization

    ordered = sorted(study.points, key=lambda point: point.value, reverse=not study.maximize)
    figure = _plain(
        visualization.plot_parallel_coordinate(
            _optuna(study, ordered), target_name=_text(study.metric)
        )
    )
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    last = max(len(lines) - 1, 1)
    for place, (trace, point) in enumerate(zip(lines, ordered, strict=False)):
        trace["meta"] = {"role": "line", "place": place / last}
        trace["line"] = {"width": 3 if place == last else 1.4}
        trace["opacity"] = 1 if place == last else 0.55
        trace["hovertemplate"] = (
            f"trial {point.number}<br>%{{customdata[0]}}: %{{customdata[1]}}<extra></extra>"
        )
        trace["ids"] = [str(point.number)] * len(trace["x"])
    figure["data"] = lines
    figure["layout"].pop("plot_bgcolor", None)
    figure["layout"]["xaxis"] |= {"fixedrange": True, "ticks": ""}
    return _said(
        figure,
        f"Parallel coordinates of {counted(len(lines), 'trial')}: {study.metric} and every hyperparameter",
        len(study.ranges) + 1,
    )


def _slices(study: Study) -> Figure:
    from optuna import visualization

    figure = _plain(
        visualization.plot_slice(_optuna(study, study.points), target_name=_text(study.metric))
    )
    numbers = [point.number for point in study.points]
    for trace in figure["data"]:
        # Optuna colours by the trial's index, and has an order of its own.
        own = [numbers[index] for index in trace["marker"]["color"]]
        trace["marker"] = {"color": own, "showscale": False}
        trace |= {"meta": {"role": "shades"}, "customdata": own}
        trace["hovertemplate"] = "trial %{customdata}: %{x}, %{y}<extra></extra>"
    names = ", ".join(known.name for known in study.ranges)
    return _said(figure, f"{study.metric} against each of {names}", len(study.ranges))


def _optuna(study: Study, points: Sequence[Point]) -> Any:
    import optuna

    made = optuna.create_study(direction="maximize" if study.maximize else "minimize")
    space = {known.name: (_text(known.name), *_dimension(known, points)) for known in study.ranges}
    for point in points:
        values, distributions = {}, {}
        for name, text in point.parameters:
            if name in space:
                label, distribution, convert = space[name]
                values[label], distributions[label] = convert(text), distribution
        made.add_trial(
            optuna.trial.create_trial(value=point.value, params=values, distributions=distributions)
        )
    return made


def _dimension(known: Range, points: Sequence[Point]) -> tuple[Any, Callable[[str], Any]]:
    """A distribution that has room for every value there is, and how a value's text becomes one of it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    texts = [
        dict(point.parameters)[known.name]
        for point in points
        if known.name in dict(point.parameters)
    ]
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values = [math.nan]
    if known.kind is RangeKind.CATEGORICAL or not all(map(math.isfinite, values)):
        choices = dict.fromkeys(map(_text, (*known.values, *texts)))
        return CategoricalDistribution(tuple(choices)), _text
    low, high = min((known.low, *values)), max((known.high, *values))
    log = str(scaling(known)) == "Logarithmic" and low > 0
    if known.kind is RangeKind.INTEGER and all(value.is_integer() for value in values):
        return IntDistribution(int(low), int(high), log=log), lambda text: int(float(text))
    return FloatDistribution(low, high, log=log), float


def _plain(figure: Any) -> Figure:
    made: Figure = json.loads(figure.to_json())
    layout = made.get("layout", {})
    for name in ("template", "title"):
        layout.pop(name, None)
    return {"data": made["data"], "layout": layout}


def _said(figure: Figure, summary: str, columns: int = 1) -> Figure:
    """`columns` is how many things lie side by side, or bars above each other: how much room it needs."""
    return {**figure, "summary": summary, "columns": columns}


def _text(name: str) -> str:
    return escape(name, quote=False)
