"""Bucket, its region, its encryption, data, content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.deploy.doctor.bucket import Bucket
from pipelines.deploy.doctor.bucket_encryption import BucketEncryption
from pipelines.deploy.doctor.bucket_region import BucketRegion
from pipelines.deploy.doctor.content import Content
from pipelines.deploy.doctor.data import Data
from pipelines.deploy.errors import NoAnswer, ServiceError

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
URI = "s3://artifacts/data/train.csv"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
ROWS = b"".join(b"%d,1.5,2\n" % (number * 7 % 11) for number in range(40))


def test_a_bucket_that_does_not_exist_fails_in_aws(account, context):
    assert Bucket().run(context()).status == "ok"
    account.region = None
    assert Bucket().run(context()).status == "failed"


def test_the_local_runtimes_bucket_is_upserts_to_make(account, context, environment):
    account.region = None
    local = context(environment=replace(environment, runtime=".state"), aws=False)
    assert Bucket().run(local).status == "ok"


def test_a_bucket_that_turns_the_doctor_away_turns_upsert_away_too(account, context):
    account.refuses["bucket_region"] = ServiceError("HeadBucket: Forbidden (403); use others")
    result = Bucket().run(context())
    assert (result.status, result.todo) == ("failed", "use others")
    account.refuses["bucket_region"] = NoAnswer("HeadBucket: no route")
    with pytest.raises(NoAnswer):
        Bucket().run(context())


def test_a_bucket_elsewhere_fails_and_says_where_it_is(account, context):
    assert BucketRegion().run(context()).status == "ok"
    account.region = "eu-west-1"
    assert "the bucket is in eu-west-1" in BucketRegion().run(context()).found


@pytest.mark.parametrize(
    ("encryption", "forbidden", "status"),
    [
        (("AES256", None), (), "ok"),
        (("aws:kms", None), (), "ok"),
        (("aws:kms", KEY), (), "ok"),
        (("aws:kms", KEY), ("kms:Decrypt",), "failed"),
        (None, (), "failed"),
    ],
)
def test_a_bucket_encrypts_with_a_key_that_the_role_may_use(
    account, context, encryption, forbidden, status
):
    account.encryption, account.forbidden = encryption, forbidden
    assert BucketEncryption().run(context()).status == status


def train(uri=URI, image=XGBOOST, **channel):
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    channels = [
        {"ChannelName": "train", "DataSource": source, "ContentType": "text/csv", **channel}
    ]
    arguments = {"AlgorithmSpecification": {"TrainingImage": image}, "InputDataConfig": channels}
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


def test_data_that_is_there_is_counted(account, context):
    account.objects = {URI: ROWS, f"{URI}.2": ROWS, f"{URI}.3": b""}
    assert Data().run(context(train())).found == f"{URI}: 2 objects"


def test_data_that_is_missing_fails_with_who_reads_it(account, context):
    result = Data().run(context(train()))
    assert (result.status, result.found) == ("failed", f"{URI} (tiny: Train, train): no object")
    account.objects = {URI: b""}
    assert Data().run(context(train())).found.endswith("only empty objects")


def test_one_uri_that_may_not_be_looked_at_does_not_hide_another_that_is_empty(account, context):
    other = {"Name": "Other", "Type": "Training", "Arguments": train("s3://foreign/x")["Arguments"]}
    account.refuses["first_objects"] = ServiceError("ListObjectsV2: denied; use others")
    assert Data().run(context(train(), other)).status == "skipped"


@pytest.mark.parametrize(
    "uri",
    [
        {"Get": "Steps.Train.OutputDataConfig.S3OutputPath"},
        {"Get": "Execution.PipelineName"},
        "s3://artifacts/house-price-pipelines/assets/1/prepare.py",
    ],
)
def test_what_steps_make_and_upsert_publishes_need_not_be_there(context, uri):
    step = {"Name": "Next", "Type": "Training", "Arguments": train(uri)["Arguments"]}
    first = {
        "Name": "Train",
        "Type": "Training",
        "Arguments": {"OutputDataConfig": {"S3OutputPath": "s3://artifacts/fixed"}},
    }
    result = Data().run(context(first, step))
    assert (result.status, result.found) == (
        "ok",
        "no step reads anything that is not made or published",
    )


def table(label="price", drop="none"):
    return [
        {"Name": "InputDataUri", "Type": "String", "DefaultValue": URI},
        {"Name": "LabelColumn", "Type": "String", "DefaultValue": label},
        {"Name": "DropColumns", "Type": "String", "DefaultValue": drop},
    ]


def prepare(uri=None):
    uri = uri or {"Get": "Parameters.InputDataUri"}
    inputs = [{"InputName": "data", "S3Input": {"S3Uri": uri}}]
    return {"Name": "Prepare", "Type": "Processing", "Arguments": {"ProcessingInputs": inputs}}


def test_the_sample_that_upsert_makes_need_not_be_there_in_the_local_runtime(context, environment):
    local = replace(environment, runtime=".state")
    looked = context(prepare(), parameters=table(), environment=local, aws=False)
    assert "upsert --start makes a sample" in Data().run(looked).found
    assert Data().run(context(prepare(), parameters=table())).status == "failed"


def content(account, context, data, *steps, **parameters):
    account.objects = {URI: data}
    return Content().run(context(*steps, parameters=table(**parameters) if parameters else ()))


def test_a_channel_of_an_algorithm_is_looked_into(account, context):
    result = content(account, context, ROWS, train())
    assert (result.status, result.found) == ("ok", f"{URI} looks like text/csv")
    result = content(account, context, b"price,rooms,age\n" + ROWS, train())
    assert result.status == "failed"
    assert "starts with a header (price, rooms, age)" in result.found
    assert "Train, train" in result.found


def test_the_channels_of_a_tuning_job_are_looked_into(account, context):
    tuning = {
        "Name": "Tune",
        "Type": "Tuning",
        "Arguments": {"TrainingJobDefinition": train()["Arguments"]},
    }
    assert content(account, context, b"a,b\n" + ROWS, tuning).status == "failed"
    tuning["Arguments"] = {"TrainingJobDefinitions": [{}, train()["Arguments"]]}
    assert content(account, context, b"a,b\n" + ROWS, tuning).status == "failed"


def test_a_script_reads_what_it_likes_in_an_algorithms_image(account, context):
    for members in (
        {"HyperParameters": {"sagemaker_program": "train.py"}},
        {"AlgorithmSpecification": {"TrainingImage": XGBOOST, "ContainerEntrypoint": ["python"]}},
    ):
        step = train()
        step["Arguments"] |= members
        assert content(account, context, b"a,b\n", step).status == "skipped"
    assert content(account, context, b"PK", train(ChannelName="code")).status == "skipped"


def test_what_is_not_looked_into_is_said(account, context):
    result = content(account, context, b"PAR1", train(ContentType="application/x-parquet"))
    assert result.found.endswith("its records are not looked into")
    step = train()
    [channel] = step["Arguments"]["InputDataConfig"]
    channel["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    result = content(account, context, b'[{"prefix": "s3://artifacts/"}]', step)
    assert (result.status, "is a manifest" in result.found) == ("skipped", True)


@pytest.mark.parametrize("image", ["123456789012.dkr.ecr.us-east-1.amazonaws.com/ours:1", None])
def test_other_images_may_read_what_they_like(account, context, image):
    assert content(account, context, b"price\n", train(image=image)).status == "skipped"


def test_a_raw_table_has_a_header_with_the_columns_that_parameters_name(account, context):
    data = b"\xef\xbb\xbfid;price;sea\n1;2;NEAR\n"
    assert content(account, context, data, prepare(), label="price", drop="id, sea").status == "ok"
    result = content(account, context, data, prepare(), label="prise", drop="idd")
    assert result.status == "failed"
    assert result.found.splitlines() == [
        f"{URI}: LabelColumn: no column 'prise'",
        f"{URI}: DropColumns: no column 'idd'",
    ]
    assert "did you mean 'price'?" in result.todo


def test_columns_that_only_an_execution_knows_are_not_looked_for(account, context):
    account.objects = {URI: b"a,b\n1,2\n"}
    uri, *_ = table()
    parameters = [uri, {"Name": "LabelColumn", "Type": "String"}]
    assert Content().run(context(prepare(), parameters=parameters)).status == "skipped"


def test_a_raw_table_without_a_header_fails(account, context):
    assert "has no header" in content(account, context, ROWS, prepare(), label="price").found


def test_hidden_files_are_not_taken_for_data(account, context):
    account.objects = {f"{URI}/.hidden": b"x,y\n", f"{URI}/_SUCCESS": b"z", f"{URI}/part": ROWS}
    assert Content().run(context(train())).found == f"{URI}/part looks like text/csv"


def test_an_object_that_may_not_be_read_is_skipped(account, context):
    account.refuses["beginning"] = ServiceError("reading: denied; use others")
    assert content(account, context, ROWS, train()).status == "skipped"
