from __future__ import annotations

import boto3
import pytest

from pipelines.deploy.offline import offline

with offline("us-east-1"):  # the SDK cannot be imported without a region
    import sagemaker.mlops.workflow.pipeline  # noqa: F401

    from steps.algorithms.estimator import JobSettings


@pytest.fixture
def settings():
    return JobSettings(
        region="us-east-1",
        role_arn="arn:aws:iam::123456789012:role/Role",
        output_path="s3://bucket/models",
    )


@pytest.fixture
def client():
    """A SageMaker client for botocore's Stubber: it checks requests and answers against the API's shapes."""
    return boto3.client(
        "sagemaker",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
