from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import ServiceError

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/tiny"
EXECUTION = f"{ARN}/execution/abcdefghijkl"


class Stubbed:
    """Two real clients that answer what was queued, and check the requests."""

    def __init__(self):
        session = boto3.Session(
            region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        clients = session.client("sagemaker"), session.client("s3")
        self.sagemaker, self.s3 = map(Stubber, clients)
        self.aws = Aws(*clients)
        self.sagemaker.activate()
        self.s3.activate()


@pytest.fixture
def stubbed():
    stubbed = Stubbed()
    yield stubbed
    stubbed.sagemaker.assert_no_pending_responses()
    stubbed.s3.assert_no_pending_responses()


def test_every_page_of_steps_is_read(stubbed):
    request = {"PipelineExecutionArn": EXECUTION, "SortOrder": "Ascending"}
    for token, name, following in [(None, "A", "1"), ("1", "B", "2"), ("2", "C", None)]:
        stubbed.sagemaker.add_response(
            "list_pipeline_execution_steps",
            {"PipelineExecutionSteps": [{"StepName": name}]}
            | ({"NextToken": following} if following else {}),
            request | ({"NextToken": token} if token else {}),
        )
    assert [step["StepName"] for step in stubbed.aws.list_steps(EXECUTION)] == ["A", "B", "C"]


def test_every_page_of_tags_is_read(stubbed):
    pages = [{"Tags": [{"Key": "a", "Value": "ä"}], "NextToken": "1"}]
    pages.append({"Tags": [{"Key": "b", "Value": ""}]})
    for page in pages:
        stubbed.sagemaker.add_response("list_tags", page)
    assert stubbed.aws.list_tags(ARN) == {"a": "ä", "b": ""}


def test_trials_are_read_page_by_page_and_only_as_far_as_wanted(stubbed):
    stubbed.sagemaker.add_response(
        "list_training_jobs_for_hyper_parameter_tuning_job",
        {"TrainingJobSummaries": [trial("first"), trial("second")], "NextToken": "1"},
    )
    trials = stubbed.aws.list_trials("tune", "Failed")
    assert next(trials)["TrainingJobName"] == "first"


def trial(name):
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:{name}",
        "CreationTime": 0,
        "TrainingJobStatus": "Failed",
        "TunedHyperParameters": {},
    }


def test_tags_are_sent_in_an_order_that_does_not_change(stubbed):
    stubbed.sagemaker.add_response(
        "add_tags",
        {},
        {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "é"}]},
    )
    stubbed.aws.add_tags(ARN, {"b": "é", "a": "1"})


def test_an_absent_pipeline_is_none_and_every_other_refusal_an_error(stubbed):
    stubbed.sagemaker.add_client_error("describe_pipeline", "ResourceNotFound")
    assert stubbed.aws.describe_pipeline("tiny") is None
    for code in ("ValidationException", "404"):
        stubbed.sagemaker.add_client_error("describe_pipeline", code)
        with pytest.raises(ServiceError):
            stubbed.aws.describe_pipeline("tiny")


def test_an_absent_object_is_false_and_every_other_refusal_an_error(stubbed):
    for operation in ("head_object", "head_bucket"):
        stubbed.s3.add_client_error(operation, "404")
        stubbed.s3.add_client_error(operation, "403")
    assert not stubbed.aws.object_exists("b", "k")
    with pytest.raises(ServiceError):
        stubbed.aws.object_exists("b", "k")
    assert not stubbed.aws.bucket_exists("b")
    with pytest.raises(ServiceError):
        stubbed.aws.bucket_exists("b")


def test_a_prefix_holds_objects_or_not(stubbed):
    for count in (1, 0):
        stubbed.s3.add_response(
            "list_objects_v2", {"KeyCount": count}, {"Bucket": "b", "Prefix": "k/", "MaxKeys": 1}
        )
    stubbed.s3.add_client_error("list_objects_v2", "NoSuchBucket")
    assert [stubbed.aws.holds_objects("b", "k/") for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    ("region", "request_"),
    [
        ("us-east-1", {"Bucket": "b"}),
        (
            "eu-west-1",
            {"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}},
        ),
    ],
)
def test_a_bucket_is_created_in_its_region(stubbed, region, request_):
    stubbed.s3.add_response("create_bucket", {}, request_)
    stubbed.aws.create_bucket("b", region)


def test_a_model_package_is_described_by_its_arn_and_a_job_by_its_name(stubbed):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/train-1"
    stubbed.sagemaker.add_client_error(
        "describe_training_job", "Stop", expected_params={"TrainingJobName": "train-1"}
    )
    with pytest.raises(ServiceError, match="train-1"):
        stubbed.aws.describe_job("TrainingJob", arn)
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/group/3"
    stubbed.sagemaker.add_client_error(
        "describe_model_package", "Stop", expected_params={"ModelPackageName": package}
    )
    with pytest.raises(ServiceError, match="group/3"):
        stubbed.aws.describe_job("RegisterModel", package)
    assert stubbed.aws.describe_job("Lambda", "arn:aws:lambda:x") is None
