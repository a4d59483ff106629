"""What of an execution goes into MLflow: runs with parameters, metrics by step and links. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.deploy.reporting.content import Content
from pipelines.deploy.reporting.curves import Points, thinned
from pipelines.deploy.reporting.trainings import Training, Tuning
from pipelines.deploy.reporting.values import mapping
from pipelines.deploy.watching.execution import Status, StepView
from pipelines.deploy.watching.findings import Metric

# MLflow's own limits, and the signs that it takes in names of parameters, metrics and tags.
_LONGEST_NAME, _LONGEST_PARAMETER, _LONGEST_TAG = 250, 6000, 5000
_NAME = re.compile(r"[^\w.\- /]")
# Of a curve: a store of trials times rounds grows fast, and no chart shows more.
_MOST_POINTS = 200
_STATUSES = {
    "Completed": "FINISHED",
    "Stopped": "KILLED",
    "Failed": "FAILED",
    Status.SUCCEEDED: "FINISHED",
    Status.COMPLETED_WITH_FAILURES: "FINISHED",
    Status.STOPPED: "KILLED",
    Status.FAILED: "FAILED",
}


@dataclass(frozen=True)
class Run:
    """`status` is MLflow's: FINISHED, FAILED or KILLED. A metric has (step, value)."""

    name: str
    status: str
    started: datetime
    ended: datetime
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    metrics: Mapping[str, Points]
    children: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Model:
    """A registered model: `source` is where its artifact is."""

    name: str
    source: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Record:
    """An execution for MLflow. `execution` identifies it, `state` changes when it went on after a retry.

    `links` are the S3 URIs of what the jobs made.
    """

    experiment: str
    execution: str
    state: str
    run: Run
    model: Model | None
    links: Mapping[str, str]


def record(content: Content) -> Record:
    """Everything that is tracked of a finished execution."""
    view = content.view
    ended = view.ended or content.read
    run = Run(
        name=content.id,
        status=_STATUSES.get(view.status, "FAILED"),
        started=view.started,
        ended=ended,
        tags=_tags(_execution_tags(content)),
        parameters=_parameters({each.name: each.value for each in content.parameters}),
        metrics=_metrics(_execution_metrics(content)),
        children=(*_trainings(content), *(_tuning(content, each) for each in content.tunings)),
    )
    state = f"{view.status} {ended.isoformat()}"
    return Record(view.pipeline, view.arn, state, run, _model(content), dict(_links(content)))


def _execution_tags(content: Content) -> dict[str, str]:
    view, origin = content.view, content.origin
    failures = "; ".join(f"{each.step}: {each.reason}" for each in content.findings.failures)
    return {
        "sagemaker.pipeline": view.pipeline,
        "sagemaker.status": str(view.status),
        "sagemaker.environment": content.where.environment,
        "sagemaker.definition": origin.digest,
        "mlflow.source.name": f"pipeline {view.pipeline}",
        "mlflow.source.type": "JOB",
        "mlflow.source.git.commit": origin.commit,
        "mlflow.user": origin.author,
        "sagemaker.failure": failures or (view.failure or ""),
    }


def _execution_metrics(content: Content) -> dict[str, float]:
    found: dict[str, float] = {"seconds": content.view.seconds(content.read)}
    if evaluation := content.findings.evaluation:
        found |= _values("test", evaluation.tuned) | _values("baseline", evaluation.baseline)
        if evaluation.improvement is not None:
            found["improvement"] = evaluation.improvement
    if content.costs:
        found["usd on AWS" if content.where.local else "usd"] = content.costs.usd
    return found


def _values(group: str, metrics: Mapping[str, Metric]) -> dict[str, float]:
    return {f"{group}/{name}": metric.value for name, metric in metrics.items()}


def _trainings(content: Content) -> Iterator[Run]:
    for step in content.view.steps:
        if step.name in content.trainings:
            yield _training(step.name, content.trainings[step.name], content)


def _tuning(content: Content, tuning: Tuning) -> Run:
    step = next(each for each in content.view.steps if each.name == tuning.step)
    winner = tuning.winner
    best = {} if winner is None or winner.objective is None else {tuning.metric: winner.objective}
    names = [each.job.removeprefix(f"{tuning.job}-") for each in tuning.trials]
    return Run(
        name=tuning.step,
        status=_STATUSES.get(step.status, "FAILED"),
        started=step.started or content.view.started,
        ended=step.ended or content.read,
        tags=_tags({"sagemaker.job": tuning.job, "sagemaker.best": tuning.best}),
        parameters=_parameters(winner.hyperparameters if winner else {}),
        metrics=_metrics({f"best/{name}": value for name, value in best.items()}),
        children=tuple(
            _training(name, each, content) for name, each in zip(names, tuning.trials, strict=True)
        ),
    )


def _training(name: str, training: Training, content: Content) -> Run:
    started = training.started or content.view.started
    courses = {
        _name(metric): thinned(points, _MOST_POINTS) for metric, points in training.curves.items()
    }
    final = _metrics(training.metrics)
    return Run(
        name=name,
        status=_STATUSES.get(training.status, "FAILED"),
        started=started,
        ended=training.ended or started,
        tags=_tags({"sagemaker.job": training.job, "sagemaker.artifact": training.artifact}),
        parameters=_parameters(training.hyperparameters),
        # The course of a metric ends with its final value, and says more.
        metrics={**final, **courses},
    )


def _model(content: Content) -> Model | None:
    package = content.findings.package
    if not package:
        return None
    for step in content.view.steps:
        if step.job and step.job.arn == package["arn"] and (source := _artifact(step)):
            tags = {
                "sagemaker.model_package": package["arn"],
                "sagemaker.approval": package["approval"],
            }
            return Model(content.view.pipeline, source, _tags(tags))
    return None


def _artifact(step: StepView) -> str:
    specification = mapping(mapping(step.description).get("InferenceSpecification"))
    containers: list[Any] = specification.get("Containers") or [{}]
    return str(mapping(containers[0]).get("ModelDataUrl", ""))


def _links(content: Content) -> Iterator[tuple[str, str]]:
    for step in content.view.steps:
        described = mapping(step.description)
        for output in mapping(described.get("ProcessingOutputConfig")).get("Outputs", []):
            if "S3Output" in output:
                yield f"{step.name}/{output['OutputName']}", output["S3Output"]["S3Uri"]
        transformed = mapping(described.get("TransformOutput")).get("S3OutputPath")
        if transformed:
            yield step.name, str(transformed)
    for name, training in content.trainings.items():
        if training.artifact:
            yield f"{name}/model", training.artifact
    if model := _model(content):
        yield "registered model", model.source


def _tags(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:_LONGEST_TAG] for name, value in values.items() if value}


def _parameters(values: Mapping[str, str]) -> dict[str, str]:
    return {_name(name): value[:_LONGEST_PARAMETER] for name, value in values.items()}


def _metrics(values: Mapping[str, float]) -> dict[str, Points]:
    return {_name(name): [(0, value)] for name, value in values.items()}


def _name(text: str) -> str:
    # A slash makes groups in MLflow's pages: validation/rmse.
    return _NAME.sub("_", text.replace(":", "/"))[:_LONGEST_NAME].strip("/ ") or "_"
