"""How good the models are: what an evaluation report says beyond its metrics. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.deploy.reporting.values import amount, finite, mapping, numbers, rising


@dataclass(frozen=True)
class Tenth:
    """A tenth of the test rows, with labels from `low` to `high`; `percentiles` 5, 25, 50, 75, 95 of the error."""

    low: float
    high: float
    rows: int
    mae: float
    percentiles: tuple[float, ...]


@dataclass(frozen=True)
class Errors:
    """Prediction - label of one model: equally spaced `percentiles` from 0 to 100, and by tenths of the labels."""

    percentiles: tuple[float, ...]
    tenths: tuple[Tenth, ...]


@dataclass(frozen=True)
class Quality:
    """`interval` holds the improvement with 95 % confidence; `importance` are shares of the gain by input.

    `passed` is None where the report has no verdict.
    """

    rows: int | None
    tuned: Errors
    baseline: Errors
    interval: tuple[float, ...]
    importance: Mapping[str, float]
    passed: bool | None
    message: str


def read_quality(report: Any) -> Quality:
    """Read what steps/scripts/evaluate.py writes besides the metrics; whatever is missing is empty."""
    document = mapping(report)
    verdict = mapping(document.get("quality"))
    passed = verdict.get("passed")
    return Quality(
        rows=amount(document.get("rows")),
        tuned=_errors(document),
        baseline=_errors(mapping(document.get("baseline"))),
        interval=rising(document.get("improvement_interval"), 2),
        importance=_importance(document.get("feature_importance")),
        passed=passed if isinstance(passed, bool) else None,
        message=str(verdict.get("message", "")),
    )


def _errors(document: Mapping[str, Any]) -> Errors:
    tenths = document.get("error_by_decile")
    return Errors(
        rising(document.get("error_percentiles")),
        tuple(_tenths(tenths)) if isinstance(tenths, list) else (),
    )


def _tenths(entries: list[Any]) -> Iterator[Tenth]:
    for entry in map(mapping, entries):
        ends, percentiles = numbers(entry.get("labels"), 2), rising(
            entry.get("error_percentiles"), 5
        )
        rows, mae = amount(entry.get("rows")), finite(entry.get("mae"))
        if ends and percentiles and rows and mae is not None:
            low, high = ends
            yield Tenth(low, high, rows, mae, percentiles)


def _importance(value: Any) -> dict[str, float]:
    """The largest first."""
    read = {str(name): finite(share) for name, share in mapping(value).items()}
    found = {name: share for name, share in read.items() if share is not None and share >= 0}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
