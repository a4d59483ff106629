"""An execution: its graph, its steps, and one of them in detail; stop, retry."""

from __future__ import annotations

from runtime.ui import links, step_details
from runtime.ui.executions import cause
from runtime.ui.graph import draw
from runtime.ui.routes import Route
from runtime.ui.site import Site
from runtime.ui.steps import Step
from runtime.ui.view import ExecutionView, view
from runtime.ui.web import Refused, Request, Response, redirect

_SHOWN = 3
_PATH = "/pipelines/{pipeline}/executions/{execution}"


def show(site: Site, request: Request) -> Response:
    seen = _view(site, request)
    chosen = _chosen(seen, request.query.get("step", ""))
    return site.render(
        "execution.html",
        request,
        seen=seen,
        graph=draw(seen.text, seen.steps),
        chosen=chosen,
        details=step_details.of(site, seen, chosen) if chosen else None,
        failures=_failures(site, seen),
        href=lambda name: links.execution(seen.arn, name),
    )


def stop(site: Site, request: Request) -> Response:
    return _change(site, request, "StopPipelineExecution")


def retry(site: Site, request: Request) -> Response:
    return _change(site, request, "RetryPipelineExecution")


def _change(site: Site, request: Request, operation: str) -> Response:
    arn = site.execution_arn(request.params["pipeline"], request.params["execution"])
    site.call(operation, PipelineExecutionArn=arn, ClientRequestToken=site.request_token())
    return redirect(links.execution(arn))


def _view(site: Site, request: Request) -> ExecutionView:
    return view(site, request.params["pipeline"], request.params["execution"])


def _chosen(seen: ExecutionView, name: str) -> Step | None:
    """The step that was asked for; else what failed first, runs, or ended last. Raises Refused (404)."""
    if name:
        for step in seen.steps:
            if step.name == name:
                return step
        raise Refused(404, f"This execution has no step called {name}.")
    failed = [step for step in seen.steps if step.status == "Failed"]
    running = [step for step in seen.steps if step.running]
    if failed:
        # What a ForEach repeated says more than the ForEach, and ended before it.
        return min(failed, key=lambda step: step.end or 0)
    if running:
        return min(running, key=lambda step: step.start or 0)
    ended = [step for step in seen.steps if step.end]
    return max(ended, key=lambda step: step.end or 0, default=seen.steps[0] if seen.steps else None)


def _failures(site: Site, seen: ExecutionView) -> list[tuple[Step, str]]:
    """The steps that failed, with the cause in a line for the first few; first come first."""
    failed = sorted(
        (step for step in seen.steps if step.status == "Failed"), key=lambda step: step.end or 0
    )
    return [
        (step, cause(site, step) if index < _SHOWN else "") for index, step in enumerate(failed)
    ]


ROUTES = (
    Route("GET", _PATH, show),
    Route("POST", f"{_PATH}/stop", stop),
    Route("POST", f"{_PATH}/retry", retry),
)
