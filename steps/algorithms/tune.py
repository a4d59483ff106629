"""Tuning outside a pipeline: sends the request a pipeline step would carry, and waits for the best model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.definition.algorithms._base import Direction
from steps.algorithms.estimator import Channel
from steps.algorithms.jobs import (
    JobFailed,
    Look,
    Pause,
    Show,
    client_of,
    new_name,
    refuse_variables,
    say,
    wait_for,
)
from steps.algorithms.tuner import Tuner

_LONGEST_NAME = 32
_VALUE = "FinalHyperParameterTuningJobObjectiveMetric"


@dataclass(frozen=True)
class Trial:
    """One training job of a search: `hyperparameters` are the tuned ones, `value` is its objective's last value.

    A trial that failed or reported nothing has no value.
    """

    name: str
    status: str
    hyperparameters: Mapping[str, str]
    value: float | None
    model_uri: str


@dataclass(frozen=True)
class Tuned:
    """What a tuning job found: `best` is the service's choice, `trials` are all, best first, without value last."""

    name: str
    best: Trial
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class TuningJob:
    """A tuning job that was started; `client` is boto3's, for the region it runs in."""

    name: str
    client: Any

    def wait(self, *, show: Show = say, pause: Pause = time.sleep) -> Tuned:
        """Show how far it is until it has ended. Raises JobFailed; Ctrl-C stops it and its training jobs."""
        found = wait_for(self, show, pause)
        described = found.description
        if found.status != "Completed":
            raise JobFailed(f"tuning job {self.name}", found.status, self._reason(described))
        if "BestTrainingJob" not in described:
            reason = "no training job reported the objective"
            raise JobFailed(f"tuning job {self.name}", found.status, reason)
        output = described["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
        trials = [_trial(each, output) for each in self._summaries()]
        return Tuned(
            self.name,
            _trial(described["BestTrainingJob"], output),
            _ranked(trials, _objective(described)["Type"]),
        )

    def look(self) -> Look:
        described = self.client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=self.name
        )
        return Look(described["HyperParameterTuningJobStatus"], (_progress(described),), described)

    def stop(self) -> None:
        self.client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=self.name)

    def _summaries(self, **only: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        ).paginate(HyperParameterTuningJobName=self.name, **only)
        return [each for page in pages for each in page["TrainingJobSummaries"]]

    def _reason(self, described: Mapping[str, Any]) -> str:
        """The service's own reason says only that training jobs failed: add why the first one did."""
        said = described.get("FailureReason") or "the service gives no reason"
        for failed in self._summaries(StatusEquals="Failed")[:1]:
            why = failed.get("FailureReason", "no reason given")
            return f"{said} The first that failed, {failed['TrainingJobName']}: {why}"
        return said


def tune(
    tuner: Tuner,
    channels: Mapping[str, Channel],
    *,
    client: Any = None,
    name: str | None = None,
) -> TuningJob:
    """Start a tuning job. Raises InvalidEstimator for a pipeline variable.

    Without a client the environment decides where to: credentials, AWS_ENDPOINT_URL_SAGEMAKER.
    """
    request = tuner.request(channels)
    refuse_variables(f"tuning {tuner.estimator.name}", request)
    job = TuningJob(
        name or new_name(tuner.estimator.name, _LONGEST_NAME),
        client or client_of(tuner.estimator.settings.region),
    )
    job.client.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=job.name, **request)
    return job


def _objective(described: Mapping[str, Any]) -> Mapping[str, str]:
    objective: Mapping[str, str] = described["HyperParameterTuningJobConfig"][
        "HyperParameterTuningJobObjective"
    ]
    return objective


def _progress(described: Mapping[str, Any]) -> str:
    counts = described["TrainingJobStatusCounters"]
    limits = described["HyperParameterTuningJobConfig"]["ResourceLimits"]
    line = (
        f"{counts['Completed']:4} of {limits['MaxNumberOfTrainingJobs']} training jobs completed, "
        f"{counts['InProgress']} in progress"
    )
    if failed := counts["NonRetryableError"]:
        line += f", {failed} failed"
    best = described.get("BestTrainingJob", {}).get(_VALUE)
    return f"{line}; best {best['MetricName']} {best['Value']:g}" if best else line


def _trial(summary: Mapping[str, Any], output: str) -> Trial:
    name = summary["TrainingJobName"]
    return Trial(
        name=name,
        status=summary["TrainingJobStatus"],
        hyperparameters=dict(summary["TunedHyperParameters"]),
        value=summary.get(_VALUE, {}).get("Value"),
        model_uri=f"{output.rstrip('/')}/{name}/output/model.tar.gz",
    )


def _ranked(trials: list[Trial], direction: str) -> tuple[Trial, ...]:
    sign = -1.0 if direction == Direction.MAXIMIZE else 1.0
    return tuple(
        sorted(trials, key=lambda each: (each.value is None, sign * (each.value or 0.0), each.name))
    )
