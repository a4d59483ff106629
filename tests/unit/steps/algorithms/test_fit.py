from __future__ import annotations

import boto3
import pytest
from botocore.stub import ANY, Stubber
from sagemaker.core.workflow.parameters import ParameterInteger

from steps.algorithms.estimator import Channel
from steps.algorithms.fit import fit
from steps.algorithms.values import InvalidEstimator
from steps.algorithms.xgboost import xgboost

CHANNELS = {"train": Channel("s3://bucket/train")}


@pytest.fixture
def client():
    return boto3.client(
        "sagemaker",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_fit_sends_the_request_that_a_step_would_carry(settings, client):
    made = xgboost(settings, num_round=5)
    expected = {"TrainingJobName": ANY, **made.training_request(CHANNELS)}
    with Stubber(client) as stubber:
        arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/x"
        stubber.add_response("create_training_job", {"TrainingJobArn": arn}, expected)
        name = fit(made, CHANNELS, client=client)
    assert name.startswith("xgboost-")
    assert len(name) <= 63


def test_fit_refuses_what_only_a_pipeline_knows(settings, client):
    made = xgboost(settings, num_round=ParameterInteger("Rounds"))
    with pytest.raises(
        InvalidEstimator, match=r"HyperParameters\.num_round is a pipeline variable"
    ):
        fit(made, CHANNELS, client=client)
