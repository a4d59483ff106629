"""The report as one HTML file that needs nothing else: no script, no request, every foreign text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.deploy.errors import DeployError
from pipelines.deploy.reporting import figures, words
from pipelines.deploy.reporting.charts.canvas import clean
from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.costs import dollars
from pipelines.deploy.reporting.trainings import Training, Tuning
from pipelines.deploy.text import count, duration, number

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
_MOST_COLUMNS = 60
_MOST_TRIALS = 5


class ReportUnavailable(DeployError):
    """The report's packages are not installed."""


def render(content: Content) -> str:
    """The page. Raises ReportUnavailable when Jinja is not installed."""
    page = _environment().get_template("report.html")
    return page.render(content=content, style=_style(), **_values(content))


def _environment() -> Environment:
    try:
        # Not at the top: deploying and watching do without.
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise ReportUnavailable(
            f"the report needs '{error.name}', which is not installed; install the extra: "
            "pip install '.[report]'"
        ) from error
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What goes into the page is data of others: characters that no page can have are replaced.
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters.update(
        number=number,
        duration=duration,
        dollars=dollars,
        moment=words.moment,
        hyperparameter=words.hyperparameter,
        detail=words.detail,
        tone=figures.tone,
    )
    return environment


def _style() -> Any:
    return _safe((TEMPLATES / "report.css").read_text(encoding="utf-8"))


def _safe(text: str) -> Any:
    """Ours, with every foreign text in it escaped already."""
    from markupsafe import Markup  # comes with Jinja

    return Markup(text)  # noqa: S704


def _values(content: Content) -> dict[str, Any]:
    evaluation = content.findings.evaluation
    return {
        "outcome": words.outcome(content),
        "improvement": words.improvement(content),
        "cost": words.cost(content),
        "status_tone": figures.status_tone(content.view.status),
        "tiles": _tiles(content),
        "metrics": figures.metric_names(evaluation) if evaluation else [],
        "confidence": _charts(figures.confidence(evaluation)) if evaluation else [],
        "residuals": _safe(figures.residuals(content)),
        "deciles": _safe(figures.deciles(content)),
        "importance": _safe(figures.importance(content)),
        "split": _safe(figures.split(content)),
        "labels": _safe(figures.labels(content)),
        "columns": _columns(content),
        "tunings": [_tuning(each) for each in content.tunings],
        "place": words.place(content),
        "trainings": _trainings(content),
        "final": [(name, each) for name, each in content.trainings.items() if each.metrics],
        "timeline": _safe(figures.times(content)),
        "graph": _safe(figures.steps(content)),
        "made": words.moment(content.read),
    }


def _charts(found: Any) -> list[tuple[str, Any]]:
    return [(name, _safe(svg)) for name, svg in found]


def _tiles(content: Content) -> list[tuple[str, str, str]]:
    """(what, value, a few words): the numbers that everybody asks for first."""
    found = []
    evaluation, profile, quality = content.findings.evaluation, content.profile, content.quality
    if evaluation:
        for name in figures.metric_names(evaluation)[:2]:
            against = evaluation.baseline.get(name)
            note = f"baseline {number(against.value)}" if against else "on the test rows"
            found.append((name.upper(), number(evaluation.tuned[name].value), note))
    else:
        found += _trained_tiles(content)
    if profile and profile.rows is not None:
        used = sum(not each.dropped for each in profile.columns)
        note = f"{count(used, 'column')} used, {quality.rows or 0:,} test rows" if quality else ""
        found.append(("Rows", f"{profile.rows:,}", note or f"{count(used, 'column')} used"))
    view = content.view
    ran = sum(step.started is not None for step in view.steps)
    took = duration(view.seconds(content.read))
    found.append(("Time", took, f"{ran} of {count(len(view.steps), 'step')} ran"))
    if content.costs:
        local = content.where.local
        found.append(
            ("Cost", "free" if local else content.costs.text, _aws_cost(content) if local else "")
        )
    if package := content.findings.package:
        version = f"version {package['arn'].rpartition('/')[2]}"
        found.append(("Model", version, words.approval(package["approval"])))
    return found


def _trained_tiles(content: Content) -> list[tuple[str, str, str]]:
    """Without an evaluation: what a training job says of its own test rows."""
    return [
        (metric.partition(":")[2].upper(), number(training.metrics[metric]), f"test rows, {step}")
        for step, training in content.trainings.items()
        for metric in ("test:rmse", "test:mae")
        if metric in training.metrics
    ][:2]


def _aws_cost(content: Content) -> str:
    return f"on AWS {content.costs.text}" if content.costs else ""


def _columns(content: Content) -> dict[str, Any]:
    if content.profile is None:
        return {"shown": [], "more": 0, "unreadable": False}
    found = sorted(content.profile.columns, key=lambda each: -(each.missing or 0))
    return {
        "shown": found[:_MOST_COLUMNS],
        "more": len(found[_MOST_COLUMNS:]),
        "unreadable": any(each.unreadable for each in found),
    }


def _tuning(tuning: Tuning) -> dict[str, Any]:
    scored = [each for each in tuning.trials if each.objective is not None]
    scored.sort(key=lambda each: each.objective or 0.0, reverse=tuning.maximise)
    return {
        "facts": tuning,
        "failed": sum(each.status == "Failed" for each in tuning.trials),
        "search": _safe(figures.search(tuning)),
        "searched": _charts(figures.searched(tuning)),
        "best": scored[:_MOST_TRIALS],
    }


def _trainings(content: Content) -> list[tuple[str, Any]]:
    """(which training and metric, its chart)."""
    winners: list[tuple[str, Training | None]] = [
        (f"{each.step}, the best trial", each.winner) for each in content.tunings
    ]
    return [
        (f"{name}: {metric}", _safe(svg))
        for name, training in (*content.trainings.items(), *winners)
        if training
        for metric, svg in figures.learning(training)
    ]
