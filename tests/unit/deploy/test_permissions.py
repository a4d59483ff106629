from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from params.environment import load
from pipelines.definition.document import parse
from pipelines.deploy.permissions import Permission, needed

DEFINITIONS = Path(__file__).parents[2] / "cases" / "definitions"
LOCAL = load("local")
PLACE = "us-east-1:123456789012"
BUCKET = "arn:aws:s3:::sagemaker-us-east-1-123456789012"
HOME = "house-price-pipelines"
PULL = ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"]


def on(resource, service, *actions):
    return {Permission(f"{service}:{action}", resource) for action in actions}


def calls(arn, *actions):
    return on(f"arn:aws:sagemaker:{PLACE}:{arn}", "sagemaker", "AddTags", *actions)


def job(arn, noun):
    return calls(f"{arn}/pipelines-*", f"Create{noun}", f"Describe{noun}", f"Stop{noun}")


def registers(group):
    return {
        *calls(f"model-package/{group}/*", "CreateModelPackage", "DescribeModelPackage"),
        *calls(
            f"model-package-group/{group}",
            "CreateModelPackage",
            "CreateModelPackageGroup",
            "DescribeModelPackageGroup",
        ),
    }


def logs(kind):
    group = f"arn:aws:logs:{PLACE}:log-group:/aws/sagemaker/{kind}"
    return {
        *on(f"{group}:*", "logs", "CreateLogGroup", "CreateLogStream", "DescribeLogStreams"),
        *on(f"{group}:log-stream:*", "logs", "PutLogEvents"),
        Permission(
            "cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", f"/aws/sagemaker/{kind}"),)
        ),
    }


def pulls(account, name):
    return {
        *on(f"arn:aws:ecr:us-east-1:{account}:repository/{name}", "ecr", *PULL),
        Permission("ecr:GetAuthorizationToken", "*"),
    }


def lists(prefix):
    return {Permission("s3:ListBucket", BUCKET, (("s3:prefix", prefix),))}


def reads(prefix):
    return {Permission("s3:GetObject", f"{BUCKET}/{prefix}*"), *lists(prefix)}


def reads_one(key):
    return {Permission("s3:GetObject", f"{BUCKET}/{key}"), *lists(key)}


def writes(prefix):
    return {Permission("s3:PutObject", f"{BUCKET}/{prefix}/*")}


PASS = {
    Permission(
        "iam:PassRole", LOCAL.role_arn, (("iam:PassedToService", "sagemaker.amazonaws.com"),)
    )
}


def prepares(pipeline):
    outputs = ("train", "validation", "test", "features", "manifest")
    return {
        *PASS,
        *job("processing-job", "ProcessingJob"),
        *logs("ProcessingJobs"),
        *pulls("683313688378", "sagemaker-scikit-learn"),
        *reads(f"{HOME}/assets/./prepare.py"),
        *reads(f"{HOME}/data/houses.csv"),
        *(each for name in outputs for each in writes(f"{HOME}/{pipeline}/*/Prepare/{name}")),
    }


def trains_linear(pipeline):
    return {
        *job("training-job", "TrainingJob"),
        *logs("TrainingJobs"),
        *pulls("382416733822", "linear-learner"),
        *(
            each
            for name in ("train", "validation", "test")
            for each in reads(f"{HOME}/{pipeline}/*/Prepare/{name}")
        ),
        *writes(f"{HOME}/{pipeline}/*/TrainLinear"),
    }


def of(name):
    return needed(parse((DEFINITIONS / f"{name}.json").read_text()), LOCAL)


def test_the_small_pipeline_needs_exactly_this():
    assert set(of("linear-baseline")) == {
        *prepares("linear-baseline"),
        *trains_linear("linear-baseline"),
        *registers("linear-baseline"),
        *reads_one(f"{HOME}/linear-baseline/*/TrainLinear/*/output/model.tar.gz"),
    }


def test_the_whole_pipeline_needs_exactly_this():
    home = f"{HOME}/house-price/*"
    tuning = "hyper-parameter-tuning-job"
    assert set(of("house-price")) == {
        *prepares("house-price"),
        *trains_linear("house-price"),
        *job(tuning, "HyperParameterTuningJob"),
        *calls(f"{tuning}/pipelines-*", "ListTrainingJobsForHyperParameterTuningJob"),
        *writes(f"{home}/TuneXGBoost"),
        *pulls("683313688378", "sagemaker-xgboost"),
        *calls("model/pipelines-*", "CreateModel", "DescribeModel"),
        *reads_one(f"{home}/TrainLinear/*/output/model.tar.gz"),
        *job("transform-job", "TransformJob"),
        *logs("TransformJobs"),
        *reads(f"{home}/Prepare/features"),
        *writes(f"{home}/ScoreBaseline"),
        *reads(f"{HOME}/assets/./evaluate.py"),
        *reads(f"{home}/TuneXGBoost/*/output/model.tar.gz"),
        *reads(f"{home}/ScoreBaseline"),
        *writes(f"{home}/Evaluate/evaluation"),
        Permission("s3:GetObject", f"{BUCKET}/{home}/Evaluate/evaluation/evaluation.json"),
        *registers("house-price"),
        *reads_one(f"{home}/TuneXGBoost/*/output/model.tar.gz"),
    }


def test_they_are_sorted_and_each_stands_once():
    found = of("house-price")
    assert list(found) == sorted(set(found))


def asked(kind, arguments, environment=LOCAL, **keys):
    step = {"Name": "S", "Type": kind, "Arguments": arguments, **keys}
    return needed(parse({"Version": "2020-12-01", "Steps": [step]}), environment)


def actions_on(found, resource):
    return {each.action for each in found if each.resource == resource}


def test_a_job_with_a_role_of_its_own_needs_only_that_it_be_passed():
    other = "arn:aws:iam::123456789012:role/Other"
    found = asked(
        "Training", {"RoleArn": other, "OutputDataConfig": {"S3OutputPath": "s3://bbb/k"}}
    )
    assert actions_on(found, other) == {"iam:PassRole"}
    assert {each.action.partition(":")[0] for each in found} == {"iam", "sagemaker"}


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        ("1234", f"arn:aws:kms:{PLACE}:key/1234"),
        ("arn:aws:kms:us-east-1:1:key/x", "arn:aws:kms:us-east-1:1:key/x"),
        ("alias/mine", f"arn:aws:kms:{PLACE}:key/*"),
        (f"arn:aws:kms:{PLACE}:alias/mine", f"arn:aws:kms:{PLACE}:key/*"),
    ],
)
def test_keys_of_kms_are_asked_for_as_keys(key, arn):
    found = asked("Training", {"OutputDataConfig": {"KmsKeyId": key}})
    assert actions_on(found, arn) == {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
    found = asked("Training", {"ResourceConfig": {"VolumeKmsKeyId": key}})
    assert "kms:CreateGrant" in actions_on(found, arn)


def test_a_network_of_ones_own_takes_network_interfaces():
    config = {"NetworkConfig": {"VpcConfig": {"Subnets": ["a"], "SecurityGroupIds": ["b"]}}}
    found = {each for each in asked("Processing", config) if each.action.startswith("ec2:")}
    assert "ec2:DescribeSubnets" in actions_on(found, "*")
    assert {
        each.resource.rpartition(":")[2]
        for each in found
        if each.action == "ec2:CreateNetworkInterface"
    } == {"network-interface/*", "security-group/*", "subnet/*"}
    assert not [each for each in asked("Processing", {}) if each.action.startswith("ec2:")]


def test_checkpoints_are_written_listed_and_read_back():
    found = asked("Training", {"CheckpointConfig": {"S3Uri": "s3://bbb/k"}})
    assert {each.action for each in found if each.action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }


def test_scripts_that_a_container_fetches_itself_are_read():
    name = {"sagemaker_submit_directory": '"s3://bbb/code.tar.gz"', "Image": "s3://bbb/other"}
    found = asked("Training", {"HyperParameters": name})
    assert actions_on(found, "arn:aws:s3:::bbb/code.tar.gz") == {"s3:GetObject"}


def test_names_of_the_users_own_are_not_taken_for_members():
    values = {"S3OutputPath": "s3://bbb/k", "RoleArn": "arn:aws:iam::1:role/x"}
    assert asked("Training", {"HyperParameters": values, "Environment": values}) == asked(
        "Training", {}
    )


def test_functions_and_queues_are_asked_for_by_their_arn():
    function = "arn:aws:lambda:us-east-1:1:function:f"
    assert asked("Lambda", {"S3Uri": "s3://bbb/k"}, FunctionArn=function) == (
        Permission("lambda:InvokeFunction", function),
    )
    queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/q"
    assert asked("Callback", {}, SqsQueueUrl=queue) == (
        Permission("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q"),
    )


def test_other_objects_that_an_expression_reads_are_read_by_the_pipeline():
    message = {"Std:JsonGet": {"S3Uri": "s3://bbb/report.json", "Path": "a"}}
    assert asked("Fail", {"ErrorMessage": message}) == (
        Permission("s3:GetObject", "arn:aws:s3:::bbb/report.json"),
    )


def test_the_steps_that_a_loop_repeats_count():
    inner = {"Name": "T", "Type": "Training", "Arguments": {}}
    found = asked("ForEach", {"IterableItems": ["a"], "ForEachBody": [inner]})
    assert "sagemaker:CreateTrainingJob" in {each.action for each in found}


def test_partition_and_region_are_the_environments():
    china = replace(LOCAL, region="cn-north-1", role_arn="arn:aws-cn:iam::123456789012:role/R")
    resources = {each.resource for each in asked("Model", {}, china)}
    assert resources == {"arn:aws-cn:sagemaker:cn-north-1:123456789012:model/pipelines-*"}


def test_data_whose_bucket_is_not_known_is_left_out():
    uri = {"Get": "Execution.PipelineName"}
    assert asked("Model", {"ModelDataUrl": uri}) == asked("Model", {})


NAMES = [
    "S3Uri",
    "S3OutputPath",
    "RoleArn",
    "Image",
    "KmsKeyId",
    "VpcConfig",
    "ModelDataUrl",
    "Get",
]
NAMES += ["ProcessingOutputConfig", "Outputs", "S3Output", "Std:Join", "Std:JsonGet", "Values", "x"]
TEXTS = [
    "s3://bbb/k",
    "s3://bbb",
    "s3://",
    "*",
    "",
    "Steps.S.X",
    "Parameters.P",
    "Execution.A",
    "ä\n",
]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(TEXTS)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)
TYPES = [
    "Processing",
    "Training",
    "Tuning",
    "Transform",
    "Model",
    "RegisterModel",
    "Lambda",
    "Other",
]


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5), JSON)
def test_whatever_a_step_asks_for_has_an_answer(kind, arguments, extra):
    file = {"PropertyFileName": "F", "OutputName": "o", "FilePath": "f.json"}
    found = asked(kind, arguments, PropertyFiles=[file], FunctionArn=extra)
    assert all(isinstance(each, Permission) for each in found)
