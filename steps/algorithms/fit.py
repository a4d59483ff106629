"""Training outside a pipeline: sends the request a pipeline step would carry."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from sagemaker.core.helper.pipeline_variable import PipelineVariable

from steps.algorithms.estimator import Channel, Estimator
from steps.algorithms.values import InvalidEstimator


def fit(
    estimator: Estimator,
    channels: Mapping[str, Channel],
    *,
    client: Any = None,
    name: str | None = None,
) -> str:
    """Start a training job and return its name. Raises InvalidEstimator for a pipeline variable.

    Without a client the environment decides where to: credentials, AWS_ENDPOINT_URL_SAGEMAKER.
    """
    request = estimator.training_request(channels)
    problems = [f"{path} is a pipeline variable; give a value" for path in _variables(request)]
    if problems:
        raise InvalidEstimator(estimator.name, problems)
    sagemaker = client or boto3.client("sagemaker", region_name=estimator.settings.region)
    job = name or f"{_job_base(estimator.name)}-{secrets.token_hex(6)}"
    sagemaker.create_training_job(TrainingJobName=job, **request)
    return job


def _job_base(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")[:50]


def _variables(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, PipelineVariable):
        yield path
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _variables(member, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _variables(member, f"{path}[{index}]")
