"""The log of a step's job: all of it, searched, followed."""

from __future__ import annotations

from runtime.api import ApiError
from runtime.ui import logs
from runtime.ui.routes import Route
from runtime.ui.site import Site
from runtime.ui.steps import Step
from runtime.ui.view import view
from runtime.ui.web import Refused, Request, Response


def show(site: Site, request: Request) -> Response:
    seen = view(site, request.params["pipeline"], request.params["execution"])
    step = seen.step(request.params["step"])
    if step is None or step.job is None or not logs.has_log(step.job):
        raise Refused(404, "This step has no log: it ran no job of its own, or has not begun.")
    streams = logs.streams(site, step.job)
    pattern, problem = request.query.get("find", ""), ""
    chosen = request.query.get("host", "")
    names = [name for name in streams if name == chosen] or streams
    try:
        lines = _lines(site, step, names, request)
    except ApiError as error:
        lines, problem = logs.Lines(), error.message
    return site.render(
        "log.html",
        request,
        seen=seen,
        step=step,
        streams=streams,
        pattern=pattern,
        problem=problem,
        chosen=chosen,
        more=lines.more,
        can_follow=len(names) == 1 and not pattern,
        follows=_follows(names, request),
        messages=[logs.marked(message, pattern) for message in lines.messages],
    )


def _lines(site: Site, step: Step, names: list[str], request: Request) -> logs.Lines:
    assert step.job is not None
    pattern, token = request.query.get("find", ""), request.query.get("from", "")
    if _follows(names, request):
        return logs.tail(site, step.job, names[0], logs.PAGE)
    return logs.search(site, step.job, names, pattern, token)


def _follows(names: list[str], request: Request) -> bool:
    """Whether the end of one log is asked for: of several, or of what a search finds, there is no end to follow."""
    return bool(request.query.get("end")) and len(names) == 1 and not request.query.get("find")


ROUTES = (Route("GET", "/pipelines/{pipeline}/executions/{execution}/steps/{step}/log", show),)
