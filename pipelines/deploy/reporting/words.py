"""The sentences of a report, for its page and for Markdown alike. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from pipelines.deploy.reporting.content import Content
from pipelines.deploy.text import count, duration, number
from pipelines.deploy.watching.execution import Status, StepView

_STATUSES = {
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.STOPPED: "was stopped",
    Status.COMPLETED_WITH_FAILURES: "succeeded, with failures that it handled",
}


def outcome(content: Content) -> str:
    """`failed after 12.3 s`, `runs since 4 min 10 s`."""
    took = duration(content.view.seconds(content.read))
    status = content.view.status
    if not status.is_finished():
        return f"runs since {took}; this is how far it has come"
    return f"{_STATUSES[status]} after {took}"


def improvement(content: Content) -> str:
    """How much better the challenger is, and how sure that is; nothing without two models."""
    evaluation, quality = content.findings.evaluation, content.quality
    if evaluation is None or evaluation.improvement is None:
        return ""
    gain = evaluation.improvement
    way = "lower" if gain >= 0 else "higher"
    text = f"The challenger's RMSE is {abs(gain):.1%} {way} than the baseline's"
    if quality is None or not quality.interval:
        return f"{text}."
    low, high = quality.interval
    if low > 0:
        return f"{text}, with 95 % confidence {low:.1%} to {high:.1%}."
    if high < 0:
        return f"{text}, with 95 % confidence {-high:.1%} to {-low:.1%}."
    return (
        f"{text}, but with 95 % confidence it lies between {-low:.1%} higher and {high:.1%} lower: "
        "these test rows do not tell which model is better."
    )


def cost(content: Content) -> str:
    """What it cost, or would have."""
    costs = content.costs
    if costs is None:
        return ""
    saved = f" {count(len(costs.saved), 'step')} cost nothing: their results were there already."
    source = f"Prices of {costs.prices.region} as of {costs.prices.as_of}"
    if content.where.local:
        text = (
            f"Free: it ran on this machine. On AWS the same seconds would have cost {costs.text}."
        )
        text += " AWS adds minutes to each job for starting, and its machines are not this one."
    else:
        text = f"{costs.text.capitalize()}: the jobs' seconds at list price."
    return f"{text}{saved if costs.saved else ''} {source}; storage and transfer are not in it."


def place(content: Content) -> str:
    """Where it ran; the path of a directory says nothing to those who get the report by mail."""
    where = content.where
    label = "the runtime of one machine" if where.local else where.label
    return f"{where.environment}: {label}" if where.environment else label


def approval(status: str) -> str:
    """`pending manual approval`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", status).lower()


def detail(step: StepView) -> str:
    """What matters about a step; the little bars of a terminal are charts here."""
    return step.failure or re.sub(r",? ?[▁-█]+$", "", step.detail)


def moment(value: datetime) -> str:
    """A time for people anywhere."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def hyperparameter(value: str) -> str:
    """A hyperparameter in as many digits as matter."""
    try:
        return value if value.lstrip("-").isdigit() else number(float(value))
    except ValueError:
        return value
