"""Tuning jobs: which there are, and of one its trials: which won, what mattered, filtered."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.ui import links
from runtime.ui.charts import Chart, line_chart
from runtime.ui.figures import figures, study_of
from runtime.ui.finding import execution_of_job
from runtime.ui.routes import NavEntry, Route
from runtime.ui.site import Document, Site
from runtime.ui.trials import (
    Filter,
    Search,
    Trial,
    best_of,
    best_so_far,
    columns,
    filter_of,
    search_of,
    sort,
    trials_of,
)
from runtime.ui.web import Request, Response

_ROWS = 25
_TRIALS = 100
_OPERATION = "DescribeHyperParameterTuningJob"


def index(site: Site, request: Request) -> Response:
    token = request.query.get("from", "")
    answer = site.call(
        "ListHyperParameterTuningJobs",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=_ROWS,
        **({"NextToken": token} if token else {}),
    )
    found = answer["HyperParameterTuningJobSummaries"]
    rows = [(each, *_outcome(site, each["HyperParameterTuningJobName"])) for each in found]
    return site.render("tuning.html", request, rows=rows, older=answer.get("NextToken", ""))


def show(site: Site, request: Request) -> Response:
    described, search, trials = _read(site, request)
    wanted = filter_of(request.query, search)
    kept = [trial for trial in trials if wanted.keeps(trial)]
    rows = sort(kept, request.query.get("sort", ""), search)
    shown = rows if request.query.get("all") else rows[:_TRIALS]
    name = described["HyperParameterTuningJobName"]
    return site.render(
        "tuning_job.html",
        request,
        name=name,
        described=described,
        search=search,
        trials=trials,
        best=best_of(trials, search),
        wanted=wanted,
        kept=kept,
        shown=shown,
        statuses=sorted({trial.status for trial in trials}),
        history=_history(kept, search),
        plots=links.figures(name, **_given(request.query)),
        execution=execution_of_job(site, name),
        sorted_by=request.query.get("sort", ""),
        sort_href=lambda column: _sort_href(name, request, column, search),
        all_href=links.tuning_job(name, **{**_given(request.query), "all": "1"}),
    )


def plots(site: Site, request: Request) -> Response:
    """The figures of the trials that the filter keeps: JSON."""
    _, search, trials = _read(site, request)
    wanted: Filter = filter_of(request.query, search)
    text = figures(study_of(search, [trial for trial in trials if wanted.keeps(trial)]))
    return Response(text.encode(), content_type="application/json")


def _read(site: Site, request: Request) -> tuple[Document, Search, list[Trial]]:
    name = request.params["name"]
    described = site.find(_OPERATION, HyperParameterTuningJobName=name)
    summaries = site.each(
        "ListTrainingJobsForHyperParameterTuningJob",
        "TrainingJobSummaries",
        HyperParameterTuningJobName=name,
    )
    return described, search_of(described), trials_of(summaries)


def _outcome(site: Site, name: str) -> tuple[Document, Search]:
    described = site.call(_OPERATION, HyperParameterTuningJobName=name)
    return described, search_of(described)


def _history(trials: list[Trial], search: Search) -> Chart | None:
    return line_chart(search.metric, {"best so far": best_so_far(trials, search)})


def _given(query: Mapping[str, str]) -> dict[str, str]:
    """Of the query what narrows the trials."""
    kept = ("status", "low", "high")
    narrows = ("low.", "high.", "is.")
    return {k: v for k, v in query.items() if v and (k in kept or k.startswith(narrows))}


def _sort_href(name: str, request: Request, column: str, search: Search) -> str:
    """The same page sorted by a column; the other way round when it already is."""
    if column not in columns(search):
        return ""
    now = request.query.get("sort", "")
    given = _given(request.query) | ({"all": "1"} if request.query.get("all") else {})
    return links.tuning_job(name, **given, sort=f"-{column}" if now == column else column)


ROUTES = (
    Route("GET", "/tuning", index),
    Route("GET", "/tuning/{name}", show),
    Route("GET", "/tuning/{name}/figures", plots),
)
NAV = NavEntry("Tuning", "/tuning", 20)
