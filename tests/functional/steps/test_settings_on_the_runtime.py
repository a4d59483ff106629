"""The example pipelines run with every setting of [jobs] on, as they would on AWS."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from params.environment import branch, load
from params.jobs import Jobs
from pipelines.deploy.deployer import UpsertOptions, upsert
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import DONE
from pipelines.deploy.start import StartOptions

JOBS = Jobs(
    subnets=("subnet-0a1b2c3d",),
    security_group_ids=("sg-0a1b2c3d",),
    kms_key="alias/models",
    network_isolation=True,
    encrypt_traffic=True,
    spot=True,
    max_wait=3600,
    tag=True,
)
FEW = {
    "house-price": {"MaxTuningJobs": "1", "MaxParallelTuningJobs": "1", "RmseThreshold": "1000000"},
    "linear-baseline": {},
}


@pytest.mark.parametrize("name", FEW)
def test_a_branch_runs_to_its_end_with_every_setting(tmp_path, name):
    environment = branch(replace(load("local"), runtime=str(tmp_path), jobs=JOBS), "secured")
    start = StartOptions(FEW[name], None, 200)
    said = io.StringIO()
    options = UpsertOptions((name,), start, wait=True, plan_only=False)
    code, document = upsert(environment, options, Console(file=said))
    assert code == DONE, said.getvalue()
    [pipeline] = document["pipelines"]
    assert pipeline["name"] == f"{name}-secured"
    assert pipeline["execution"]["status"] == "Succeeded"
    with open_endpoint(environment) as endpoint:
        prefix = f"{environment.prefix}/{name}/"
        assert endpoint.aws.holds_objects(environment.bucket, prefix)
        [job] = [
            endpoint.aws.describe_job("TrainingJob", each["Metadata"]["TrainingJob"]["Arn"])
            for each in endpoint.aws.list_steps(pipeline["execution"]["arn"])
            if "TrainingJob" in each["Metadata"]
        ]
    assert job["VpcConfig"]["Subnets"] == ["subnet-0a1b2c3d"]
    assert job["OutputDataConfig"]["KmsKeyId"] == "alias/models"
    assert job["StoppingCondition"]["MaxWaitTimeInSeconds"] == 3600
    assert "/checkpoints/TrainLinear" in job["CheckpointConfig"]["S3Uri"]
