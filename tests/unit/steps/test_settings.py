"""With every setting of [jobs] on, every job and model has it, and the definition is still a right one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from params.environment import branch, load
from params.jobs import Jobs
from pipelines.deploy.errors import DeployError
from pipelines.deploy.synth import synthesise
from pipelines.rules._base import Severity
from pipelines.rules._engine import validate

KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
ALL = Jobs(
    subnets=("subnet-0a1b2c3d", "subnet-1a1b2c3d"),
    security_group_ids=("sg-0a1b2c3d",),
    kms_key=KEY,
    network_isolation=True,
    encrypt_traffic=True,
    spot=True,
    max_wait=7200,
    tag=True,
)
VPC = {"SecurityGroupIds": ["sg-0a1b2c3d"], "Subnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]}
NAMES = ("house-price", "linear-baseline")
JOBS = ("Processing", "Training", "Tuning", "Transform", "Model")


def environment(jobs=ALL):
    return replace(load("local"), jobs=jobs)


@pytest.fixture(scope="module")
def secured():
    return {name: synthesise(name, environment()).definition for name in NAMES}


def steps(text):
    """(type, request) of every job and model; of a tuning job the request of its training jobs, with its tags."""
    for step in json.loads(text)["Steps"]:
        request = step["Arguments"]
        if step["Type"] == "Tuning":
            request = {**request["TrainingJobDefinition"], "Tags": request.get("Tags")}
        if step["Type"] in JOBS:
            yield step["Type"], request


@pytest.mark.parametrize("name", NAMES)
def test_every_job_is_in_the_vpc_isolated_and_encrypts_its_traffic(secured, name):
    for kind, request in steps(secured[name]):
        if kind == "Transform":
            continue  # it runs its model, which says these things
        where = request["NetworkConfig"] if kind == "Processing" else request
        assert where["VpcConfig"] == VPC
        assert where["EnableNetworkIsolation"] is True
        if kind != "Model":
            assert where["EnableInterContainerTrafficEncryption"] is True


@pytest.mark.parametrize("name", NAMES)
def test_every_output_and_volume_has_the_key(secured, name):
    for kind, request in steps(secured[name]):
        places = {
            "Processing": lambda each: (
                each["ProcessingOutputConfig"],
                each["ProcessingResources"]["ClusterConfig"],
            ),
            "Transform": lambda each: (each["TransformOutput"], each["TransformResources"]),
        }
        trained = lambda each: (each["OutputDataConfig"], each["ResourceConfig"])  # noqa: E731
        if kind != "Model":
            output, volume = places.get(kind, trained)(request)
            assert (output["KmsKeyId"], volume["VolumeKmsKeyId"]) == (KEY, KEY)


@pytest.mark.parametrize("name", NAMES)
def test_training_waits_for_spot_instances_and_keeps_checkpoints_of_its_own(secured, name):
    places = []
    for kind, request in steps(secured[name]):
        if kind in ("Training", "Tuning"):
            assert request["EnableManagedSpotTraining"] is True
            assert request["StoppingCondition"] == {
                "MaxRuntimeInSeconds": 3600,
                "MaxWaitTimeInSeconds": 7200,
            }
            uri = request["CheckpointConfig"]["S3Uri"]["Std:Join"]["Values"]
            assert {"Get": "Execution.PipelineExecutionId"} in uri
            places.append(json.dumps(uri))
    assert len(set(places)) == len(places) > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_job_and_model_carries_the_tags(secured, name):
    tags = [
        {"Key": "environment", "Value": "local"},
        {"Key": "project", "Value": "house-price-pipelines"},
    ]
    assert all(request["Tags"] == tags for _, request in steps(secured[name]))


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_finds_more_than_without(secured, name):
    found = validate(secured[name], name=name, region="us-east-1")
    assert [each for each in found if each.severity is Severity.ERROR] == []
    plain = validate(synthesise(name, load("local")).definition, name=name, region="us-east-1")
    assert {each.code for each in found} <= {each.code for each in plain}


@pytest.mark.parametrize(
    "jobs",
    [
        Jobs(kms_key=KEY),
        Jobs(network_isolation=True),
        Jobs(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
        Jobs(tag=True),
    ],
    ids=("key", "isolation", "vpc", "tags"),
)
def test_settings_do_not_depend_on_each_other(jobs):
    text = synthesise("linear-baseline", environment(jobs)).definition
    assert ("KmsKeyId" in text) == bool(jobs.kms_key)
    assert ("EnableNetworkIsolation" in text) == jobs.network_isolation
    assert ("VpcConfig" in text) == bool(jobs.subnets)
    assert ('"Tags"' in text) == jobs.tag
    assert "Spot" not in text


def test_a_job_that_may_run_longer_than_it_is_waited_for_is_refused():
    with pytest.raises(DeployError, match=r"TrainLinear.*3600 s, but 'jobs.max_wait'.*1800 s"):
        synthesise("linear-baseline", environment(replace(ALL, max_wait=1800)))


def test_a_branch_registers_in_a_group_of_its_own_and_shares_the_scripts():
    plain = synthesise("linear-baseline", load("local"))
    branched = synthesise("linear-baseline", branch(load("local"), "feature-x"))
    assert '"ModelPackageGroupName": "linear-baseline-feature-x"' in branched.definition
    assert "/house-price-pipelines/feature-x/linear-baseline" in branched.definition
    assert branched.assets == plain.assets
    # What differs is only where results go: data and scripts are the environment's.
    assert branched.definition.replace("/feature-x", "").replace("-feature-x", "") == (
        plain.definition
    )
