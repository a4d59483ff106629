"""A container with its configuration: builds the Create*Job request once, for a step or for `fit`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.definition.algorithms._base import Algorithm
from pipelines.definition.check import near
from steps.algorithms.hyperparameters import checked
from steps.algorithms.images import algorithm_of
from steps.algorithms.values import Integer, InvalidEstimator, Text


@dataclass(frozen=True)
class JobSettings:
    """Where a training job runs, as whom, and where its artifact goes.

    `more` holds further members of CreateTrainingJob as the API spells them (VpcConfig, CheckpointConfig,
    EnableManagedSpotTraining ...); `retry_attempts` repeats a job that ended with an internal error.
    """

    region: str
    role_arn: Text
    output_path: Text
    instance_type: Text = "ml.m5.xlarge"
    instance_count: Integer = 1
    volume_gb: Integer = 30
    max_runtime_seconds: Integer = 3600
    retry_attempts: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Channel:
    """Data of one channel: every object under `s3_uri`."""

    s3_uri: Text
    content_type: Text = "text/csv"
    distribution: str = "FullyReplicated"

    def request(self, name: str) -> dict[str, Any]:
        """The entry of InputDataConfig."""
        source = {
            "S3DataType": "S3Prefix",
            "S3Uri": self.s3_uri,
            "S3DataDistributionType": self.distribution,
        }
        return {
            "ChannelName": name,
            "DataSource": {"S3DataSource": source},
            "ContentType": self.content_type,
        }


@dataclass(frozen=True)
class Estimator:
    """`hyperparameters` are checked texts; `algorithm` is None for a container of one's own."""

    image_uri: Text
    settings: JobSettings
    hyperparameters: Mapping[str, Text]
    algorithm: Algorithm | None = None
    metric_definitions: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.algorithm.name if self.algorithm else "estimator"

    def training_request(self, channels: Mapping[str, Channel]) -> dict[str, Any]:
        """CreateTrainingJob without a name. Raises InvalidEstimator for missing or wrong channels."""
        problems = [*self.channel_problems(channels), *self._missing()]
        if problems:
            raise InvalidEstimator(self.name, problems)
        request = self.definition(channels)
        for channel in request["InputDataConfig"]:
            channel["InputMode"] = "File"  # as the SDK's ModelTrainer writes it
        return {**request, "HyperParameters": dict(self.hyperparameters)}

    def definition(self, channels: Mapping[str, Channel]) -> dict[str, Any]:
        """What training jobs and tuning jobs have in common."""
        settings = self.settings
        retry = (
            {"RetryStrategy": {"MaximumRetryAttempts": settings.retry_attempts}}
            if settings.retry_attempts
            else {}
        )
        return {
            "AlgorithmSpecification": self._specification(),
            "RoleArn": settings.role_arn,
            "InputDataConfig": [channel.request(name) for name, channel in channels.items()],
            "OutputDataConfig": {
                "S3OutputPath": settings.output_path,
                "CompressionType": "GZIP",
            },
            "ResourceConfig": {
                "InstanceType": settings.instance_type,
                "InstanceCount": settings.instance_count,
                "VolumeSizeInGB": settings.volume_gb,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": settings.max_runtime_seconds},
            **retry,
            **settings.more,
        }

    def channel_problems(self, channels: Mapping[str, Channel]) -> Iterator[str]:
        """What the algorithm would refuse of these channels."""
        if self.algorithm is None:
            return
        known = self.algorithm.channels
        for name in self.algorithm.required_channels:
            if name not in channels:
                yield f"channel '{name}' is missing"
        for name, channel in channels.items():
            if name not in known:
                yield f"channel '{name}' is not allowed{near(name, known)}"
            if (
                isinstance(channel.content_type, str)
                and channel.content_type.partition(";")[0] not in self.algorithm.content_types
            ):
                allowed = ", ".join(self.algorithm.content_types)
                yield (
                    f"channel '{name}': content type '{channel.content_type}' is not allowed; "
                    f"allowed: {allowed}"
                )

    def _specification(self) -> dict[str, Any]:
        metrics = [
            {"Name": name, "Regex": regex} for name, regex in self.metric_definitions.items()
        ]
        return {
            "TrainingImage": self.image_uri,
            "TrainingInputMode": "File",
            **({"MetricDefinitions": metrics} if metrics else {}),
        }

    def _missing(self) -> list[str]:
        known = self.algorithm.hyperparameters if self.algorithm else ()
        return [
            f"{entry.name}: is required; allowed: {entry.allowed}"
            for entry in known
            if entry.required and entry.name not in self.hyperparameters
        ]


def estimator(
    settings: JobSettings,
    image_uri: Text,
    hyperparameters: Mapping[str, object] | None = None,
    metric_definitions: Mapping[str, str] | None = None,
) -> Estimator:
    """Configure any container; `metric_definitions` maps a metric to the regex that finds it in the log.

    Raises InvalidEstimator: a built-in algorithm's image is checked like the algorithm itself.
    """
    algorithm = algorithm_of(image_uri)
    if algorithm is not None and metric_definitions:
        # The service says so only when the job starts: "You can't override the metric definitions".
        raise InvalidEstimator(
            algorithm.name,
            ["metric definitions are not allowed: those of a built-in algorithm are fixed"],
        )
    return Estimator(
        image_uri,
        settings,
        checked(algorithm, hyperparameters or {}),
        algorithm,
        dict(metric_definitions or {}),
    )
