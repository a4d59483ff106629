"""The environment's [jobs] settings in a request: network, keys, spot instances, tags. One function for each kind.

Every step function passes its finished request through one of them. What is without in the settings adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from params.jobs import Jobs
from steps.algorithms.values import InvalidEstimator
from steps.context import Context

_Request = dict[str, Any]


def training(context: Context, step: str, request: _Request) -> _Request:
    """CreateTrainingJob. Raises InvalidEstimator when the job may run longer than spot instances are waited for."""
    return _trained(context, step, request) | _tags(context)


def tuning(context: Context, step: str, request: _Request) -> _Request:
    """CreateHyperParameterTuningJob; its training jobs get the settings. Raises InvalidEstimator like `training`."""
    # The tuning job hands its tags on to its training jobs.
    definition = _trained(context, step, request["TrainingJobDefinition"])
    return {**request, "TrainingJobDefinition": definition} | _tags(context)


def processing(context: Context, request: _Request) -> _Request:
    """CreateProcessingJob."""
    jobs = context.env.jobs
    cluster = _with(request["ProcessingResources"]["ClusterConfig"], VolumeKmsKeyId=jobs.kms_key)
    network = {**_switches(jobs), **_network(jobs)}
    return {
        **request,
        "ProcessingResources": {**request["ProcessingResources"], "ClusterConfig": cluster},
        "ProcessingOutputConfig": _with(request["ProcessingOutputConfig"], KmsKeyId=jobs.kms_key),
        **({"NetworkConfig": network} if network else {}),
        **_tags(context),
    }


def transform(context: Context, request: _Request) -> _Request:
    """CreateTransformJob; its network is the model's."""
    key = context.env.jobs.kms_key
    return {
        **request,
        "TransformOutput": _with(request["TransformOutput"], KmsKeyId=key),
        "TransformResources": _with(request["TransformResources"], VolumeKmsKeyId=key),
        **_tags(context),
    }


def model(context: Context, request: _Request) -> _Request:
    """CreateModel."""
    jobs = context.env.jobs
    isolation = {"EnableNetworkIsolation": True} if jobs.network_isolation else {}
    return {**request, **_network(jobs), **isolation, **_tags(context)}


def _trained(context: Context, step: str, request: _Request) -> _Request:
    """What training jobs and the definition of a tuning job's have in common."""
    jobs = context.env.jobs
    return {
        **request,
        "OutputDataConfig": _with(request["OutputDataConfig"], KmsKeyId=jobs.kms_key),
        "ResourceConfig": _with(request["ResourceConfig"], VolumeKmsKeyId=jobs.kms_key),
        **_network(jobs),
        **_switches(jobs),
        **(_spot(context, step, request["StoppingCondition"]) if jobs.spot else {}),
    }


def _spot(context: Context, step: str, stopping: Mapping[str, Any]) -> _Request:
    wait, runs = context.env.jobs.max_wait, stopping["MaxRuntimeInSeconds"]
    if isinstance(runs, int) and wait < runs:
        raise InvalidEstimator(
            step,
            [
                f"may run for {runs} s, but 'jobs.max_wait' of params/environments/{context.env.name}.toml allows "
                f"{wait} s for waiting and running; give {runs} or more"
            ],
        )
    return {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {**stopping, "MaxWaitTimeInSeconds": wait},
        # This execution's own: what an earlier one has left was trained on other data, or with other settings.
        "CheckpointConfig": {"S3Uri": context.output("checkpoints", step)},
    }


def _network(jobs: Jobs) -> _Request:
    if not jobs.subnets:
        return {}
    groups, subnets = list(jobs.security_group_ids), list(jobs.subnets)
    return {"VpcConfig": {"SecurityGroupIds": groups, "Subnets": subnets}}


def _switches(jobs: Jobs) -> _Request:
    given = {
        "EnableNetworkIsolation": jobs.network_isolation,
        "EnableInterContainerTrafficEncryption": jobs.encrypt_traffic,
    }
    return {name: True for name, on in given.items() if on}


def _tags(context: Context) -> _Request:
    tags = context.env.tags if context.env.jobs.tag else {}
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]} if tags else {}


def _with(members: Mapping[str, Any], **given: str) -> _Request:
    """The members, and those given that are not empty."""
    return {**members, **{name: value for name, value in given.items() if value}}
