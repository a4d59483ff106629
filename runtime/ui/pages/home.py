"""The first page: every pipeline, what ran last, and why it failed if it did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runtime.ui.executions import Row, row
from runtime.ui.routes import NavEntry, Route
from runtime.ui.site import Document, Site
from runtime.ui.web import Request, Response

_STRIP = 10
_RECENT = 12
# Each costs a look at all executions: pipelines that ran long ago show none of theirs.
_LOOKED_AT = 12


@dataclass(frozen=True)
class Line:
    """A pipeline and its latest executions, newest first."""

    pipeline: Document
    executions: tuple[Document, ...]


def show(site: Site, request: Request) -> Response:
    lines = list(_lines(site))
    return site.render("home.html", request, lines=lines, recent=_recent(site, lines))


def _lines(site: Site) -> Iterable[Line]:
    pipelines = sorted(
        site.each("ListPipelines", "PipelineSummaries"),
        key=lambda pipeline: (-pipeline.get("LastExecutionTime", 0), pipeline["PipelineName"]),
    )
    for index, pipeline in enumerate(pipelines):
        found = []
        if index < _LOOKED_AT and pipeline.get("LastExecutionTime"):
            answer = site.call(
                "ListPipelineExecutions",
                PipelineName=pipeline["PipelineName"],
                SortBy="CreationTime",
                SortOrder="Descending",
                MaxResults=_RECENT,
            )
            found = answer["PipelineExecutionSummaries"]
        yield Line(pipeline, tuple(found))


def _recent(site: Site, lines: Iterable[Line]) -> list[Row]:
    found = [(line.pipeline["PipelineName"], each) for line in lines for each in line.executions]
    found.sort(key=lambda pair: -pair[1]["StartTime"])
    return [row(site, name, each) for name, each in found[:_RECENT]]


ROUTES = (Route("GET", "/", show),)
NAV = NavEntry("Pipelines", "/", 10)
