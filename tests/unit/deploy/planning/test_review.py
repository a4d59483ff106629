from __future__ import annotations

import json

import pytest

from params.environment import load
from pipelines.deploy import planner
from pipelines.deploy.models import Synthesis
from pipelines.deploy.plan import Deployed
from pipelines.deploy.planning.cache_preview import Outcome, PastRun, PastStep
from pipelines.deploy.planning.evidence import Evidence
from pipelines.deploy.planning.prices import Prices
from pipelines.deploy.planning.review import Circumstances, review, subject_of

LOCAL = load("local")
PRICES = Prices("us-east-1", "2025", "second-hand: a test", {"ml.a": 1.0})


def step(*inputs, description=None):
    return {
        "Name": "A",
        "Type": "Processing",
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
        "Arguments": {
            "ProcessingInputs": [
                {
                    "InputName": name,
                    "S3Input": {
                        "S3Uri": f"s3://bucket/{name}",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                        "LocalPath": f"/opt/ml/processing/{name}",
                    },
                }
                for name in inputs
            ],
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
            "AppSpecification": {"ImageUri": "image"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "RoleArn": LOCAL.role_arn,
        },
        **({"Description": description} if description else {}),
    }


def reviewed(before, after):
    """Review the way from one step, which ran, to another."""
    old, new = (
        planner.checked(
            Synthesis("p", "", json.dumps({"Version": "2020-12-01", "Steps": [each]}), ())
        )
        for each in (before, after)
    )
    deployed = Deployed("arn", old.synthesis.definition, "", LOCAL.role_arn, {})
    run = PastRun("arn:run", old.definition, {}, {"A": PastStep("arn:run", 1.0)})
    subject = subject_of(planner.plan_against(LOCAL, new, deployed).plan, new.definition, deployed)
    return review(subject, Evidence((run,)), Circumstances("mine", PRICES, 2.0))


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        # Nothing is written, so the deployed order runs.
        (step("b", "a"), Outcome.SERVED),
        # The description is written, and the other order with it.
        (step("b", "a", description="new"), Outcome.RUNS),
    ],
)
def test_the_forecast_is_of_the_definition_that_will_be_deployed(after, outcome):
    found = reviewed(step("a", "b"), after)
    assert [each.outcome for each in found.cache or ()] == [outcome]
    assert bool(found.lost) is (outcome is Outcome.RUNS)
