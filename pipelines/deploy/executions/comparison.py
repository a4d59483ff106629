"""Two executions side by side: what went in, what came out, how long it took. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import Definition
from pipelines.deploy.watching.execution import ExecutionView, StepView
from pipelines.deploy.watching.findings import Evaluation, Findings

# What the last word of a metric's name says about which value is better; others are not judged.
_ERRORS = ("error", "mae", "mape", "merror", "mphe", "mse", "rmse", "rmsle")
_LOSSES = ("absolute_loss", "logloss", "loss", "mlogloss", "objective_loss")
_LOWER = frozenset([*_ERRORS, *_LOSSES])
_HIGHER = frozenset(["accuracy", "auc", "aucpr", "f1", "map", "ndcg", "precision", "r2", "recall"])
Value = float | str | None


@dataclass(frozen=True)
class Ran:
    """One execution and everything that is compared."""

    view: ExecutionView
    definition: Definition
    given: Mapping[str, str]
    findings: Findings


@dataclass(frozen=True)
class Row:
    """One thing of both; `better` is 0 or 1 for the execution that wins, None where nobody does."""

    name: str
    values: tuple[Value, Value]
    better: int | None = None

    @property
    def differs(self) -> bool:
        return self.values[0] != self.values[1]


@dataclass(frozen=True)
class Comparison:
    """`winners` are the trials that the tuning steps chose, and their hyperparameters."""

    parameters: tuple[Row, ...]
    metrics: tuple[Row, ...]
    winners: tuple[Row, ...]
    durations: tuple[Row, ...]


def compare(left: Ran, right: Ran) -> Comparison:
    """Put everything that one of the two has beside what the other has."""
    return Comparison(
        parameters=_rows(_parameters(left), _parameters(right)),
        metrics=tuple(
            Row(row.name, row.values, _better(row))
            for row in _rows(_metrics(left), _metrics(right))
        ),
        winners=_rows(_winners(left), _winners(right)),
        durations=_rows(_durations(left), _durations(right)),
    )


def _rows(left: Mapping[str, Value], right: Mapping[str, Value]) -> tuple[Row, ...]:
    names = dict.fromkeys([*left, *right])
    return tuple(Row(name, (left.get(name), right.get(name))) for name in names)


def _parameters(ran: Ran) -> dict[str, Value]:
    """What the execution ran with: the values given, else the defaults of its definition."""
    defaults = {each.name: each.default for each in ran.definition.parameters}
    return {
        name: ran.given.get(name, "" if default is None else _written(default))
        for name, default in defaults.items()
    }


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _metrics(ran: Ran) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if ran.findings.evaluation:
        found |= _evaluation(ran.findings.evaluation)
    for step in ran.view.steps:
        found |= _step_metrics(step)
    return found


def _evaluation(evaluation: Evaluation) -> dict[str, Value]:
    groups = (("test", evaluation.tuned), ("baseline test", evaluation.baseline))
    return {
        f"{title} {name}": metric.value
        for title, metrics in groups
        for name, metric in metrics.items()
    }


def _step_metrics(step: StepView) -> dict[str, Value]:
    described: Mapping[str, Any] = step.description or {}
    kind = step.job.kind if step.job else ""
    if kind == "TrainingJob":
        metrics = described.get("FinalMetricDataList", [])
        return {f"{step.name} {each['MetricName']}": float(each["Value"]) for each in metrics}
    if kind == "TuningJob":
        best = described.get("BestTrainingJob", {}).get(
            "FinalHyperParameterTuningJobObjectiveMetric"
        )
        return {f"{step.name} {best['MetricName']}": float(best["Value"])} if best else {}
    return {}


def _winners(ran: Ran) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for step in ran.view.steps:
        best = (step.description or {}).get("BestTrainingJob")
        if best and step.job:
            trial = best["TrainingJobName"].removeprefix(f"{step.job.name}-")
            found[f"{step.name} trial"] = trial
            tuned = best.get("TunedHyperParameters", {})
            found |= {f"{step.name} {name}": tuned[name] for name in sorted(tuned)}
    return found


def _durations(ran: Ran) -> dict[str, Value]:
    """Seconds. What runs still, or was not run here, has none."""
    found: dict[str, Value] = {}
    if ran.view.ended:
        found["in all"] = ran.view.seconds(ran.view.ended)
    for step in ran.view.steps:
        if step.ended and not step.cached and not step.reused:
            found[step.name] = step.seconds(step.ended)
    return found


def _better(row: Row) -> int | None:
    left, right = row.values
    if not isinstance(left, float) or not isinstance(right, float) or left == right:
        return None
    word = row.name.rpartition(" ")[2].rpartition(":")[2].lower()
    if word in _LOWER:
        return int(right < left)
    return int(right > left) if word in _HIGHER else None
