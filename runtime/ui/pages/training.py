"""A training job by itself: the trial of a tuning job, what a model came from, or one that a client started."""

from __future__ import annotations

from runtime.ui import logs
from runtime.ui.charts import Chart
from runtime.ui.curves import curves
from runtime.ui.finding import execution_of_job
from runtime.ui.jobs import locations, metrics, results, transitions
from runtime.ui.routes import Route
from runtime.ui.site import Document, Site
from runtime.ui.steps import Job
from runtime.ui.web import Request, Response

_TAIL = 500
_LONGEST_LOG = 40_000  # lines that are searched for metrics
# Written by the service for the container.
_PRIVATE = "_"


def show(site: Site, request: Request) -> Response:
    name = request.params["name"]
    described = site.find("DescribeTrainingJob", TrainingJobName=name)
    job = Job("TrainingJob", described["TrainingJobArn"])
    streams = logs.streams(site, job)
    inputs, outputs = locations(described)
    tuning = described.get("TuningJobArn", "").rpartition("/")[2]
    return site.render(
        "training_job.html",
        request,
        name=name,
        described=described,
        tuning=tuning,
        execution=execution_of_job(site, tuning or name),
        parameters=sorted(
            (key, text)
            for key, text in described.get("HyperParameters", {}).items()
            if not key.startswith(_PRIVATE)
        ),
        metrics=metrics(described),
        results=results(described),
        inputs=inputs,
        outputs=outputs,
        history=transitions(described),
        charts=_charts(site, job, described, streams),
        log=logs.tail(site, job, streams[0], _TAIL) if streams else logs.Lines(),
    )


def _charts(site: Site, job: Job, described: Document, streams: list[str]) -> list[Chart]:
    definitions = described.get("AlgorithmSpecification", {}).get("MetricDefinitions", ())
    if not streams or not definitions:
        return []
    return curves(logs.whole(site, job, streams[0], _LONGEST_LOG), definitions)


ROUTES = (Route("GET", "/training/{name}", show),)
