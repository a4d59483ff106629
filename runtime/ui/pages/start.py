"""The form that starts an execution: new, like an earlier one, or of an earlier one from a step on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.document import Definition, ParameterDefinition
from pipelines.definition.values import Value
from runtime.api import ApiError
from runtime.starting import typed
from runtime.ui import links
from runtime.ui.routes import Route
from runtime.ui.site import Document, Site
from runtime.ui.steps import read, waits_of
from runtime.ui.view import ExecutionView, view
from runtime.ui.web import Refused, Request, Response, redirect

# What a parameter's field is called in the form: no parameter can take the name of another field.
_FIELD = "parameter."


@dataclass(frozen=True)
class Field:
    """A parameter with the text in its field, and what is wrong with it."""

    parameter: ParameterDefinition
    text: str
    problem: str = ""

    @property
    def name(self) -> str:
        return f"{_FIELD}{self.parameter.name}"

    @property
    def default(self) -> str:
        return _text(self.parameter.default)

    @property
    def changed(self) -> bool:
        """Whether a value has to be sent: an empty field stands for the default."""
        return bool(self.text) and self.text != self.default


@dataclass(frozen=True)
class Selection:
    """Of an earlier execution: `runs` anew, `taken` from it."""

    source: ExecutionView
    first: str
    runs: tuple[str, ...]
    taken: tuple[str, ...]


@dataclass(frozen=True)
class _Asked:
    """What the address, or the form that was sent, asks for."""

    pipeline: Document
    definition: Definition
    like: ExecutionView | None
    selection: Selection | None
    version: str


def form(site: Site, request: Request) -> Response:
    asked = _asked(site, request.params["pipeline"], request.query)
    given = asked.like.given if asked.like else {}
    fields = [
        Field(parameter, given.get(parameter.name, _text(parameter.default)))
        for parameter in asked.definition.parameters
    ]
    return _render(site, request, asked, fields)


def start(site: Site, request: Request) -> Response:
    asked = _asked(site, request.params["pipeline"], request.form)
    fields = [_checked(parameter, request.form) for parameter in asked.definition.parameters]
    if any(field.problem for field in fields):
        return _render(site, request, asked, fields)
    try:
        answer = site.call("StartPipelineExecution", **_request(site, asked, fields, request.form))
    except ApiError as error:
        return _render(site, request, asked, fields, error.message)
    return redirect(links.execution(answer["PipelineExecutionArn"]))


def _asked(site: Site, name: str, words: Mapping[str, str]) -> _Asked:
    like = view(site, name, words["like"]) if words.get("like") else None
    version = words.get("version", "")
    if version and not (version.isascii() and version.isdecimal()):
        raise Refused(404, f"{name} has no version '{version}'.")
    wanted: dict[str, Any] = {"PipelineVersionId": int(version)} if version else {}
    pipeline = site.find("DescribePipeline", PipelineName=name, **wanted)
    text = pipeline["PipelineDefinition"]
    first = words.get("from", "")
    selection = _selection(like, text, first) if like and first else None
    return _Asked(pipeline, read(text), like, selection, version)


def _selection(source: ExecutionView, text: str, first: str) -> Selection:
    """The step and all that waits for it, in the order of the definition."""
    waits = waits_of(text)
    if first not in waits:
        raise Refused(404, f"This version of the pipeline has no step called {first}.")
    runs, names = {first}, [step.name for step in read(text).steps]
    grown = True
    while grown:
        following = {name for name in names if waits[name] & runs} - runs
        runs |= following
        grown = bool(following)
    needed = {before for name in runs for before in waits[name]} - runs
    return Selection(
        source,
        first,
        tuple(name for name in names if name in runs),
        tuple(name for name in names if name in needed),
    )


def _checked(parameter: ParameterDefinition, words: Mapping[str, str]) -> Field:
    text = words.get(f"{_FIELD}{parameter.name}", "")
    if not text:
        problem = "A value is needed: there is no default." if parameter.required else ""
        return Field(parameter, text, problem)
    try:
        typed(parameter, text)
    except ValueError as error:
        return Field(parameter, text, f"{error}.")
    return Field(parameter, text)


def _request(
    site: Site, asked: _Asked, fields: list[Field], words: Mapping[str, str]
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "PipelineName": asked.pipeline["PipelineName"],
        "ClientRequestToken": site.request_token(),
        "PipelineParameters": [
            {"Name": field.parameter.name, "Value": field.text} for field in fields if field.changed
        ],
    }
    if name := words.get("display_name", "").strip():
        request["PipelineExecutionDisplayName"] = name
    if asked.version:
        request["PipelineVersionId"] = int(asked.version)
    if asked.selection:
        request["SelectiveExecutionConfig"] = {
            "SourcePipelineExecutionArn": asked.selection.source.arn,
            "SelectedSteps": [{"StepName": step} for step in asked.selection.runs],
        }
    return request


def _render(
    site: Site, request: Request, asked: _Asked, fields: list[Field], problem: str = ""
) -> Response:
    name = asked.pipeline["PipelineName"]
    versions = site.each("ListPipelineVersions", "PipelineVersionSummaries", PipelineName=name)
    refused = bool(problem) or any(field.problem for field in fields)
    return site.render(
        "start.html",
        request,
        status=400 if refused else 200,
        name=name,
        asked=asked,
        fields=fields,
        problem=problem,
        display_name=request.form.get("display_name", ""),
        versions=list(versions),
    )


def _text(value: Value | None) -> str:
    """A default as it is typed."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


ROUTES = (
    Route("GET", "/pipelines/{pipeline}/start", form),
    Route("POST", "/pipelines/{pipeline}/start", start),
)
