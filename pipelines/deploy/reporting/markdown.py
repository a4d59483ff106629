"""The report in few lines, for a pull request: GitHub's Markdown, every foreign text escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.deploy.reporting import words
from pipelines.deploy.reporting.charts.canvas import clean
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.figures import metric_names
from pipelines.deploy.text import count, duration, number, shortened
from pipelines.deploy.watching.execution import Status, StepView
from pipelines.deploy.watching.findings import Failure, Metric

# Whatever begins something in Markdown or HTML, or calls somebody.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~@&])")
_LONGEST_REASON = 600
_MARKS = {Status.SUCCEEDED: "✅", Status.FAILED: "❌"}


def markdown(content: Content) -> str:
    """Outcome, metrics, failures; steps and parameters folded away."""
    parts = [
        _heading(content),
        list(_metrics(content)),
        list(_facts(content)),
        *([*_failure(each)] for each in content.findings.failures),
        list(_steps(content)),
        list(_parameters(content)),
        [f"- not read: {plain(each)}" for each in content.unread],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def plain(text: object) -> str:
    """The text in one line, nothing in it a mark."""
    return _SPECIAL.sub(r"\\\1", " ".join(clean(text).split()))


def code(text: object) -> str:
    """The text in a code span, also within a table."""
    inner = " ".join(clean(text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{inner}`" if inner else ""


def _heading(content: Content) -> list[str]:
    view = content.view
    mark = _MARKS.get(view.status, "⚠️")
    lines = [f"### {mark} {plain(view.pipeline)} {words.outcome(content)}"]
    if said := words.improvement(content):
        lines += ["", said]
    if content.quality and content.quality.message:
        verdict = "passed" if content.quality.passed else "missed"
        lines += ["", f"**Quality gate {verdict}:** {plain(content.quality.message)}"]
    if view.failure and not content.findings.failures:
        lines += ["", plain(view.failure)]
    return lines


def _metrics(content: Content) -> Iterator[str]:
    evaluation = content.findings.evaluation
    if evaluation is None:
        return
    both = bool(evaluation.baseline)
    yield f"| test rows | challenger |{' baseline |' if both else ''}"
    yield f"|---|---:|{'---:|' if both else ''}"
    for name in metric_names(evaluation):
        cells = [_value(evaluation.tuned.get(name))]
        cells += [_value(evaluation.baseline.get(name))] if both else []
        yield f"| {plain(name)} | {' | '.join(cells)} |"


def _value(metric: Metric | None) -> str:
    if metric is None:
        return ""
    spread = "" if metric.deviation is None else f" ± {number(metric.deviation)}"
    return f"{number(metric.value)}{spread}"


def _facts(content: Content) -> Iterator[str]:
    yield f"- execution {code(content.view.arn)}"
    if content.origin.commit:
        yield f"- commit {code(content.origin.commit)}"
    if content.origin.digest:
        yield f"- definition {code(f'sha256:{content.origin.digest[:16]}')}"
    if content.profile and content.profile.rows is not None:
        counted = [each.missing for each in content.profile.columns if each.missing is not None]
        missing = f", {count(sum(counted), 'missing cell')}" if counted else ""
        columns = count(len(content.profile.columns), "column")
        yield f"- data {content.profile.rows:,} rows, {columns}{missing}"
    if content.costs:
        where = "free here; on AWS " if content.where.local else ""
        yield f"- cost {where}{content.costs.text}"
    if package := content.findings.package:
        yield f"- model {code(package['arn'])} {plain(words.approval(package['approval']))}".rstrip()


def _failure(failure: Failure) -> Iterator[str]:
    yield f"**{plain(failure.step)} failed:** {plain(shortened(failure.reason, _LONGEST_REASON))}"
    if failure.last_lines:
        # A fence of the log's own must not end ours.
        longest = max(
            (len(run) for run in re.findall(r"`+", "\n".join(failure.last_lines))), default=0
        )
        fence = "`" * max(3, longest + 1)
        yield from ("", f"{fence}text", *map(clean, failure.last_lines), fence)


def _steps(content: Content) -> Iterator[str]:
    yield f"<details><summary>{count(len(content.view.steps), 'step')}</summary>"
    yield from ("", "| step | status | time | |", "|---|---|---:|---|")
    for step in content.view.steps:
        took = duration(step.seconds(content.read))
        yield f"| {plain(step.name)} | {_status(step)} | {took} | {plain(shortened(words.detail(step), 120))} |"
    yield from ("", "</details>")


def _status(step: StepView) -> str:
    if step.cached:
        return "cached"
    return "not run" if step.status is Status.NOT_RUN else str(step.status)


def _parameters(content: Content) -> Iterator[str]:
    if not content.parameters:
        return
    given = sum(each.given for each in content.parameters)
    title = f"{count(len(content.parameters), 'parameter')}, {given} given at the start"
    yield f"<details><summary>{title}</summary>"
    yield from ("", "| parameter | value | |", "|---|---|---|")
    for each in content.parameters:
        origin = "given" if each.given else ""
        yield f"| {plain(each.name)} | {code(shortened(each.value, 200))} | {origin} |"
    yield from ("", "</details>")
