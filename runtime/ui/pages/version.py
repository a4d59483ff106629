"""A version of a pipeline: its graph and definition, and what differs between any two."""

from __future__ import annotations

import json
from typing import Any

from pipelines.definition.difference import differences
from runtime.ui import links
from runtime.ui.arguments import own
from runtime.ui.definitions import changes
from runtime.ui.graph import draw
from runtime.ui.routes import Route
from runtime.ui.site import Document, Site
from runtime.ui.steps import read
from runtime.ui.web import Refused, Request, Response

_LONGEST = 160  # characters of a value; the text below has all of it


def show(site: Site, request: Request) -> Response:
    name, number = request.params["pipeline"], request.params["version"]
    version = _version(site, name, number)
    text = version["PipelineDefinition"]
    definition = read(text)
    steps = {step.name: (index, step) for index, step in enumerate(definition.steps, 1)}
    return site.render(
        "version.html",
        request,
        name=name,
        number=int(number),
        version=version,
        graph=draw(text),
        definition=definition,
        requests=[(step, _shown(own(step))) for step in definition.steps],
        href=lambda step: f"{links.version(name, number)}#step-{steps[step][0]}",
    )


def compare(site: Site, request: Request) -> Response:
    name = request.params["pipeline"]
    versions = list(
        site.each("ListPipelineVersions", "PipelineVersionSummaries", PipelineName=name)
    )
    newest = str(versions[0]["PipelineVersionId"]) if versions else "1"
    after = request.query.get("after", newest)
    before = request.query.get("before", str(max(int(after) - 1, 1)) if after.isdecimal() else "")
    old, new = (_version(site, name, each)["PipelineDefinition"] for each in (before, after))
    found = differences(old, new)
    return site.render(
        "compare.html",
        request,
        name=name,
        versions=versions,
        before=before,
        after=after,
        differences=[(each, _value(each.before), _value(each.after)) for each in found],
        # What means the same is not shown, however differently it is written.
        changes=changes(old, new) if found else [],
    )


def _version(site: Site, name: str, number: str) -> Document:
    """Raises Refused (404)."""
    if not (number.isascii() and number.isdecimal()):
        raise Refused(404, f"{name} has no version '{number}': versions are numbers from 1 on.")
    return site.find("DescribePipeline", PipelineName=name, PipelineVersionId=int(number))


def _value(value: Any) -> str:
    """A value in one line; nothing for the side that has none."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _shown(request: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in request.items() if value not in (None, {}, [])}


ROUTES = (
    Route("GET", "/pipelines/{pipeline}/versions/{version}", show),
    Route("GET", "/pipelines/{pipeline}/compare", compare),
)
