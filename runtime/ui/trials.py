"""The trials of a tuning job as its page shows them: numbered, filtered, sorted. Pure, over List* and Describe* answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.jobs.tuning.request import definitions_of
from runtime.tuning._base import Range, RangeKind

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """A training job of a tuning job; `number` counts from 1 in the order of creation, `value` is its objective."""

    number: int
    name: str
    status: str
    value: float | None
    parameters: Mapping[str, str]
    start: float | None
    end: float | None
    reason: str = ""

    @property
    def took(self) -> float | None:
        return self.end - self.start if self.start and self.end else None


@dataclass(frozen=True)
class Search:
    """What a tuning job looks for: `ranges` are those of all its definitions, each name once."""

    metric: str
    maximize: bool
    ranges: tuple[Range, ...]

    @property
    def goal(self) -> str:
        return "highest" if self.maximize else "lowest"


@dataclass(frozen=True)
class Bound:
    """A filter's lower or upper bound, as it was typed; `problem` says why it does not count."""

    text: str = ""
    number: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Span:
    """What a number must lie between, both included, for a trial to be shown."""

    low: Bound = field(default_factory=Bound)
    high: Bound = field(default_factory=Bound)

    @property
    def given(self) -> bool:
        return self.low.number is not None or self.high.number is not None

    def holds(self, value: float | None) -> bool:
        if not self.given:
            return True
        if value is None or not math.isfinite(value):
            return False
        low, high = self.low.number, self.high.number
        return (low is None or value >= low) and (high is None or value <= high)


@dataclass(frozen=True)
class Filter:
    """By status, objective, numeric hyperparameters (`spans`) and categorical ones (`choices`)."""

    status: str = ""
    objective: Span = field(default_factory=Span)
    spans: Mapping[str, Span] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        spans = [self.objective, *self.spans.values()]
        return bool(self.status or any(span.given for span in spans) or any(self.choices.values()))

    @property
    def narrows(self) -> bool:
        """Whether something was asked of a hyperparameter, well or badly."""
        bounds = [bound for span in self.spans.values() for bound in (span.low, span.high)]
        return any(bound.text for bound in bounds) or any(self.choices.values())

    def keeps(self, trial: Trial) -> bool:
        return (
            self.status in ("", trial.status)
            and self.objective.holds(trial.value)
            and all(span.holds(number(trial.parameters.get(n))) for n, span in self.spans.items())
            and all(not c or trial.parameters.get(n) == c for n, c in self.choices.items())
        )


def search_of(described: Document) -> Search:
    definitions = definitions_of(described)
    ranges = {known.name: known for definition in definitions for known in definition.ranges}
    objective = definitions[0].objective
    return Search(objective.metric, objective.maximize, tuple(ranges.values()))


def trials_of(summaries: Iterable[Document]) -> list[Trial]:
    """From ListTrainingJobsForHyperParameterTuningJob, in the order of creation."""
    ordered = sorted(summaries, key=lambda entry: (entry["CreationTime"], entry["TrainingJobName"]))
    return [_trial(number, entry) for number, entry in enumerate(ordered, 1)]


def best_of(trials: Sequence[Trial], search: Search) -> Trial | None:
    """The earlier of equally good ones, as the service decides."""
    scored = [trial for trial in trials if trial.value is not None]
    return (max if search.maximize else min)(scored, key=lambda each: each.value or 0, default=None)


def best_so_far(trials: Sequence[Trial], search: Search) -> list[tuple[float, float]]:
    """(number of the trial, best objective until then) of each trial that has one."""
    points: list[tuple[float, float]] = []
    choose = max if search.maximize else min
    for trial in trials:
        if trial.value is not None:
            best = choose(points[-1][1], trial.value) if points else trial.value
            points.append((trial.number, best))
    return points


def filter_of(query: Mapping[str, str], search: Search) -> Filter:
    """From `status`, `low`, `high`, and `low.NAME`, `high.NAME`, `is.NAME` of hyperparameters."""
    numeric = [known for known in search.ranges if known.kind is not RangeKind.CATEGORICAL]
    categorical = [known for known in search.ranges if known.kind is RangeKind.CATEGORICAL]
    return Filter(
        query.get("status", ""),
        Span(_bound(query.get("low", "")), _bound(query.get("high", ""))),
        {
            known.name: Span(
                _bound(query.get(f"low.{known.name}", "")),
                _bound(query.get(f"high.{known.name}", "")),
            )
            for known in numeric
        },
        {known.name: query.get(f"is.{known.name}", "") for known in categorical},
    )


def sort(trials: Iterable[Trial], by: str, search: Search) -> list[Trial]:
    """By `number`, `value`, `took` or a hyperparameter's name, descending after `-`; best first for anything else.

    Trials without the value come last either way.
    """
    descending, key = by.startswith("-"), by.removeprefix("-")
    if key not in columns(search):
        descending, key = search.maximize, "value"
    known = [(_place(trial, key), trial) for trial in trials]
    have = sorted(
        ((place, trial) for place, trial in known if place is not None),
        key=lambda pair: pair[0],
        reverse=descending,
    )
    return [trial for _, trial in have] + [trial for place, trial in known if place is None]


def columns(search: Search) -> list[str]:
    """What a table of trials can be sorted by."""
    return ["number", "value", "took", *(f"p.{known.name}" for known in search.ranges)]


def number(text: str | None) -> float | None:
    """A hyperparameter as a number; None when it is none."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _trial(position: int, entry: Document) -> Trial:
    objective = entry.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    return Trial(
        number=position,
        name=entry["TrainingJobName"],
        status=entry["TrainingJobStatus"],
        value=objective.get("Value"),
        parameters=entry.get("TunedHyperParameters", {}),
        start=entry.get("TrainingStartTime") or entry["CreationTime"],
        end=entry.get("TrainingEndTime"),
        reason=entry.get("FailureReason", ""),
    )


def _place(trial: Trial, key: str) -> tuple[float, str] | None:
    if key.startswith("p."):
        text = trial.parameters.get(key.removeprefix("p."))
        if text is None:
            return None
        value = number(text)
        return (math.inf, text) if value is None or math.isnan(value) else (value, "")
    value = {"number": trial.number, "value": trial.value, "took": trial.took}[key]
    return None if value is None else (value, "")


def _bound(text: str) -> Bound:
    text = text.strip()
    value = number(text) if text else None
    if text and (value is None or not math.isfinite(value)):
        return Bound(text, None, f"'{text}' is no number, so it does not count.")
    return Bound(text, value)
