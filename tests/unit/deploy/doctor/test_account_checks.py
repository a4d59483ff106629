"""Credentials, clock, region, role, trust, permissions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.deploy.doctor.clock import Clock
from pipelines.deploy.doctor.credentials import Credentials
from pipelines.deploy.doctor.permissions import Permissions
from pipelines.deploy.doctor.region import Region
from pipelines.deploy.doctor.role import Role
from pipelines.deploy.doctor.trust import Trust
from pipelines.deploy.errors import NoAnswer, ServiceError

SERVICE = "sagemaker.amazonaws.com"


def test_good_credentials_are_shown(account, context):
    result = Credentials().run(context())
    assert (result.status, result.found) == ("ok", account.arn)


def test_no_credentials_is_a_failure_and_not_a_skip(account, context):
    account.refuses["caller"] = ServiceError("GetCallerIdentity: no credentials; sign in")
    result = Credentials().run(context())
    assert (result.status, result.found, result.todo) == (
        "failed",
        "GetCallerIdentity: no credentials",
        "sign in",
    )


def test_credentials_of_another_account_than_the_roles_fail(account, context):
    account.account = "210987654321"
    result = Credentials().run(context())
    assert result.status == "failed"
    assert "210987654321" in result.found
    assert "123456789012" in result.found


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (0, "ok", "agrees"),
        (-59, "ok", "agrees"),
        (61, "warning", "1 min 01 s behind"),
        (-299, "warning", "ahead of"),
        (301, "failed", "behind"),
        (-86400, "failed", "24 h 00 min ahead of"),
    ],
)
def test_the_clock_may_be_a_minute_off(account, context, seconds, status, words):
    account.time += timedelta(seconds=seconds)
    result = Clock().run(context())
    assert result.status == status
    assert words in result.found


def test_an_answer_without_a_time_says_nothing_about_the_clock(account, context):
    account.time = None
    assert Clock().run(context()).status == "skipped"


def test_a_region_that_is_not_switched_on_fails(account, context):
    account.known = False
    assert "us-east-1 does not know the account" in Region().run(context()).found


def test_a_region_where_nobody_answers_fails(account, context):
    account.refuses["knows_account"] = NoAnswer("ListPipelines: no route")
    assert Region().run(context()).status == "failed"


def test_what_sagemaker_answers_otherwise_is_not_about_the_region(account, context):
    account.refuses["knows_account"] = ServiceError("ListPipelines: broken")
    with pytest.raises(ServiceError):
        Region().run(context())


def test_a_role_that_does_not_exist_fails(account, context):
    assert Role().run(context()).status == "ok"
    account.trust = None
    assert "does not exist" in Role().run(context()).found


def statement(effect="Allow", action="sts:AssumeRole", principal=None, **more):
    principal = {"Service": SERVICE} if principal is None else principal
    return {"Effect": effect, "Action": action, "Principal": principal, **more}


def only_for(account, key="aws:SourceAccount"):
    return statement(Condition={"StringEquals": {key: account}})


LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        (statement(), "ok"),
        ([statement(principal=LAMBDA), statement(principal={"Service": ["x", SERVICE]})], "ok"),
        ([statement(action=["sts:TagSession", "sts:AssumeRole"])], "ok"),
        ([statement(principal="*", action="*")], "ok"),
        ([only_for("123456789012")], "ok"),
        ([only_for(["123456789012"], "aws:sourceAccount")], "ok"),
        ([only_for("210987654321")], "failed"),
        ([only_for("us-west-2", "aws:RequestedRegion")], "warning"),
        ([only_for("us-west-2", "aws:RequestedRegion"), statement()], "ok"),
        ([statement(principal=LAMBDA)], "failed"),
        ([statement(), statement("Deny")], "failed"),
        ([statement(), statement("Deny", Condition={"Bool": {"x": "y"}})], "ok"),
        ([statement(action="sts:TagSession")], "failed"),
        ([], "failed"),
        (["nonsense"], "failed"),
        (None, "failed"),
    ],
)
def test_the_trust_policy_decides_who_may_assume_the_role(account, context, statements, status):
    account.trust = {"Statement": statements}
    assert Trust().run(context()).status == status


def test_who_is_trusted_instead_is_named(account, context):
    account.trust = {"Statement": [statement(principal=LAMBDA)]}
    assert "it trusts lambda.amazonaws.com" in Trust().run(context()).found


def train():
    arguments = {"OutputDataConfig": {"S3OutputPath": "s3://artifacts/k"}}
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


def test_a_role_that_may_everything_is_fine(context):
    result = Permissions().run(context(train()))
    assert result.status == "ok"
    assert result.found.startswith("10 permissions")


def test_what_the_role_may_not_is_named_with_its_resource(account, context):
    account.forbidden = ("s3:PutObject", "sagemaker:StopTrainingJob", "sagemaker:CreateTrainingJob")
    result = Permissions().run(context(train()))
    arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/pipelines-*"
    assert result.status == "failed"
    assert result.found.splitlines() == [
        "3 of 10 permissions are not allowed:",
        "s3:PutObject on arn:aws:s3:::artifacts/k/*",
        f"sagemaker:CreateTrainingJob, sagemaker:StopTrainingJob on {arn}",
    ]
    assert "Pipelines" in result.todo
