"""A pipeline: executions, graph, parameters, versions."""

from __future__ import annotations

from runtime.ui import links
from runtime.ui.executions import row
from runtime.ui.graph import draw
from runtime.ui.routes import Route
from runtime.ui.site import Document, Site
from runtime.ui.steps import read
from runtime.ui.web import Request, Response

_ROWS = 20


def show(site: Site, request: Request) -> Response:
    name = request.params["pipeline"]
    pipeline = site.find("DescribePipeline", PipelineName=name)
    text = pipeline["PipelineDefinition"]
    definition = read(text)
    number = {step.name: index for index, step in enumerate(definition.steps, 1)}
    versions = list(
        site.each("ListPipelineVersions", "PipelineVersionSummaries", PipelineName=name)
    )
    newest = links.version(name, versions[0]["PipelineVersionId"])
    executions = _executions(site, name, request.query.get("from", ""))
    return site.render(
        "pipeline.html",
        request,
        name=name,
        pipeline=pipeline,
        rows=[row(site, name, each) for each in executions["PipelineExecutionSummaries"]],
        older=executions.get("NextToken", ""),
        graph=draw(text),
        definition=definition,
        versions=versions,
        href=lambda step: f"{newest}#step-{number[step]}",
    )


def _executions(site: Site, name: str, token: str) -> Document:
    following = {"NextToken": token} if token else {}
    return site.call(
        "ListPipelineExecutions",
        PipelineName=name,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=_ROWS,
        **following,
    )


ROUTES = (Route("GET", "/pipelines/{pipeline}", show),)
