"""Training outside a pipeline: sends the request a pipeline step would carry, and waits for the model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps.algorithms.estimator import Channel, Estimator
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

_LONGEST_NAME = 63


@dataclass(frozen=True)
class Trained:
    """What a training job left: `model_uri` is its model.tar.gz, `metrics` are the last values it reported.

    `billable_seconds` is per instance, None while the service does not say.
    """

    name: str
    model_uri: str
    metrics: Mapping[str, float]
    billable_seconds: int | None


@dataclass(frozen=True)
class TrainingJob:
    """A training job that was started; `client` is boto3's, for the region it runs in."""

    name: str
    client: Any

    def wait(self, *, show: Show = say, pause: Pause = time.sleep) -> Trained:
        """Show every state it enters until it has ended. Raises JobFailed; Ctrl-C stops the job."""
        found = wait_for(self, show, pause)
        described = found.description
        if found.status != "Completed":
            raise JobFailed(f"training job {self.name}", found.status, _reason(described))
        return Trained(
            name=self.name,
            model_uri=described["ModelArtifacts"]["S3ModelArtifacts"],
            metrics={
                each["MetricName"]: each["Value"]
                for each in described.get("FinalMetricDataList", ())
            },
            billable_seconds=described.get("BillableTimeInSeconds"),
        )

    def look(self) -> Look:
        described = self.client.describe_training_job(TrainingJobName=self.name)
        return Look(described["TrainingJobStatus"], _states(described), described)

    def stop(self) -> None:
        self.client.stop_training_job(TrainingJobName=self.name)


def fit(
    estimator: Estimator,
    channels: Mapping[str, Channel],
    *,
    client: Any = None,
    name: str | None = None,
) -> TrainingJob:
    """Start a training job. Raises InvalidEstimator for a pipeline variable.

    Without a client the environment decides where to: credentials, AWS_ENDPOINT_URL_SAGEMAKER.
    """
    request = estimator.training_request(channels)
    refuse_variables(estimator.name, request)
    job = TrainingJob(
        name or new_name(estimator.name, _LONGEST_NAME),
        client or client_of(estimator.settings.region),
    )
    job.client.create_training_job(TrainingJobName=job.name, **request)
    return job


def _states(described: Mapping[str, Any]) -> tuple[str, ...]:
    """The states it went through, each with the seconds from the job's creation to it."""
    return tuple(
        f"{(each['StartTime'] - described['CreationTime']).total_seconds():8.1f} s  "
        f"{each['Status']:<12} {each.get('StatusMessage', '')}".rstrip()
        for each in described.get("SecondaryStatusTransitions", ())
    )


def _reason(described: Mapping[str, Any]) -> str:
    states = described.get("SecondaryStatusTransitions") or [{}]
    said = described.get("FailureReason") or states[-1].get("StatusMessage")
    return said or "the service gives no reason"
