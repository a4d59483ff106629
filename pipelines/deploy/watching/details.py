"""What matters about a step in a few words, from what Describe and the job's log say. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pipelines.deploy.text import harmless, number, shortened
from pipelines.deploy.watching.execution import Job

Description = Mapping[str, Any]
_BARS = "▁▂▃▄▅▆▇█"
_WIDEST_SPARKLINE = 10
_LONGEST_LINE = 80
# `[12]<tab>train-rmse:0.5<tab>validation-rmse:0.6`, what XGBoost prints each round.
_ROUND = re.compile(r"\[(\d+)\]((?:\t[^\s:]+:[^\s:]+)+)\s*")
# `#quality_metric: host=algo-1, epoch=3, validation mse_objective <loss>=0.5`, LinearLearner's each epoch.
_EPOCH = re.compile(r"#quality_metric: host=\S+, epoch=(\d+), (\w+) (\S+) <\w+>=(\S+)")
# `rows: train 800, validation 100`, `2,000 test rows`: what the project's own scripts print.
_ROWS = re.compile(r"rows: \S.*|[\d,]+ (?:\w+ ){0,3}rows\b")


def detail(
    metadata: Description, job: Job | None, description: Description | None, more: str = ""
) -> str:
    """What the API says about a step: outcome, message, metrics, trials, model package; `more` is from elsewhere."""
    if "Condition" in metadata:
        return f"outcome {metadata['Condition'].get('Outcome', '')}".rstrip()
    if "Fail" in metadata:
        return str(metadata["Fail"].get("ErrorMessage", ""))
    if job is None or description is None:
        return more
    if job.kind == "TuningJob":
        return _tuning(description, more)
    return joined(_DETAILS[job.kind](description) if job.kind in _DETAILS else "", more)


def joined(*parts: str) -> str:
    """The parts that say something, behind commas."""
    return ", ".join(filter(None, parts))


def training_progress(lines: Sequence[str]) -> str:
    """Round or epoch and its metric, the validation data's where there is one; else the log's last line."""
    for line in reversed(lines):
        if match := _ROUND.fullmatch(line):
            scores = [score.rpartition(":") for score in match[2].split("\t")[1:]]
            name, _, value = next((s for s in scores if "validation" in s[0]), scores[-1])
            return f"round {match[1]}, {name} {_value(value)}"
        if match := _EPOCH.search(line):
            return f"epoch {match[1]}, {_epoch_metric(lines, match[1])}"
    return last_line(lines)


def rows(lines: Sequence[str]) -> str:
    """What the log says last about rows; nothing where it does not."""
    for line in reversed(lines):
        if match := _ROWS.search(line):
            return shortened(harmless(match[0]), _LONGEST_LINE)
    return ""


def last_line(lines: Sequence[str]) -> str:
    """The last line that says something."""
    readable = (shortened(harmless(line), _LONGEST_LINE) for line in reversed(lines))
    return next(filter(None, readable), "")


def best_so_far(trials: Iterable[Description]) -> list[float]:
    """The best objective after each trial that has one, in the order in which they ended."""
    ended = [each for each in trials if "TrainingEndTime" in each and _objective(each) is not None]
    best: list[float] = []
    for trial in sorted(ended, key=lambda each: each["TrainingEndTime"]):
        metric = trial["FinalHyperParameterTuningJobObjectiveMetric"]
        choose = max if metric.get("Type") == "Maximize" else min
        value = float(metric["Value"])
        best.append(choose(best[-1], value) if best else value)
    return best


def sparkline(values: Sequence[float]) -> str:
    """The course of the values in bars, at most 10; nothing for fewer than two."""
    if len(values) < 2:
        return ""
    size = min(len(values), _WIDEST_SPARKLINE)
    # The last of each group, so that the last bar is the value now.
    shown = [values[(place + 1) * len(values) // size - 1] for place in range(size)]
    low, high = min(shown), max(shown)
    if low == high:
        return _BARS[0] * size
    return "".join(_BARS[round((value - low) / (high - low) * 7)] for value in shown)


def _objective(trial: Description) -> float | None:
    value = trial.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value")
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _epoch_metric(lines: Sequence[str], epoch: str) -> str:
    found = [match for line in lines if (match := _EPOCH.search(line)) and match[1] == epoch]
    chosen = next((match for match in found if match[2] == "validation"), found[-1])
    return f"{chosen[2]} {chosen[3].removesuffix('_objective')} {_value(chosen[4])}"


def _value(text: str) -> str:
    try:
        return number(float(text))
    except ValueError:
        return text


def _training(description: Description) -> str:
    metrics = {
        each["MetricName"]: each["Value"] for each in description.get("FinalMetricDataList", [])
    }
    chosen = sorted(metrics, key=_metric_rank)[:3]  # a line has room for three
    return ", ".join(f"{name} {number(metrics[name])}" for name in chosen)


def _metric_rank(metric: str) -> tuple[int, int, str]:
    """Test metrics say most, then validation; those in the label's unit more than a loss."""
    channel, _, name = metric.partition(":")
    return (_CHANNELS.get(channel, 2), _METRICS.get(name, 2), metric)


_CHANNELS = {"test": 0, "validation": 1}
_METRICS = {"rmse": 0, "absolute_loss": 1, "mae": 1}


def _tuning(description: Description, course: str) -> str:
    """Trials and the best objective. While it runs, what changes stands first: a narrow terminal shows that much."""
    counters = description.get("TrainingJobStatusCounters", {})
    done = sum(counters.get(key, 0) for key in ("Completed", "Stopped", "NonRetryableError"))
    limits = description["HyperParameterTuningJobConfig"]["ResourceLimits"]
    trials = f"{done}/{limits.get('MaxNumberOfTrainingJobs', '?')} trials"
    failed = f"{counters['NonRetryableError']} failed" if counters.get("NonRetryableError") else ""
    found = description.get("BestTrainingJob", {})
    best = found.get("FinalHyperParameterTuningJobObjectiveMetric")
    name, value = (best["MetricName"], number(best["Value"])) if best else ("", "")
    if description.get("HyperParameterTuningJobStatus") in ("InProgress", "Stopping"):
        running = f"{counters.get('InProgress', 0)} running"
        return joined(
            trials, f"best {value} {course}".strip() if best else "", running, failed, name
        )
    return joined(trials, failed, f"best {name} {value}" if best else "", course)


def _package(description: Description) -> str:
    version = description.get("ModelPackageVersion")
    group = description.get("ModelPackageGroupName", description.get("ModelPackageName", ""))
    approval = description.get("ModelApprovalStatus", "")
    name = f"{group} version {version}" if version is not None else group
    return joined(name, approval)


_DETAILS: dict[str, Callable[[Description], str]] = {
    "TrainingJob": _training,
    "RegisterModel": _package,
}
