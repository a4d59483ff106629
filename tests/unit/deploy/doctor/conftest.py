"""A tiny account for the checks to look at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from params.environment import load
from pipelines.definition.document import parse
from pipelines.deploy.aws_doctor import StoredObject
from pipelines.deploy.doctor._base import Composition, Context

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/Pipelines"
TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}


@dataclass
class Account:
    """Everything is in order until a test changes it; `refuses` has what a method raises instead of answering."""

    account: str = "123456789012"
    arn: str = "arn:aws:iam::123456789012:user/ann"
    time: datetime | None = NOW
    known: bool = True
    trust: dict | None = field(default_factory=lambda: TRUST)
    forbidden: tuple[str, ...] = ()
    region: str | None = "us-east-1"
    encryption: tuple[str, str | None] | None = ("AES256", None)
    objects: dict[str, bytes] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    limits: dict[str, float] = field(default_factory=dict)
    refuses: dict[str, Exception] = field(default_factory=dict)

    def _answer(self, name, value):
        if name in self.refuses:
            raise self.refuses[name]
        return value

    def caller(self):
        return self._answer("caller", (self.account, self.arn))

    def server_time(self):
        return self._answer("server_time", self.time)

    def knows_account(self):
        return self._answer("knows_account", self.known)

    def trust_policy(self, role):
        return self._answer("trust_policy", self.trust if role == "Pipelines" else None)

    def denied(self, role_arn, permissions):
        denied = [each for each in permissions if each.action in self.forbidden]
        return self._answer("denied", denied)

    def bucket_region(self, bucket):
        return self._answer("bucket_region", self.region)

    def bucket_encryption(self, bucket):
        return self._answer("bucket_encryption", self.encryption)

    def first_objects(self, bucket, prefix, most):
        start = f"s3://{bucket}/"
        found = [
            StoredObject(uri.removeprefix(start), len(data))
            for uri, data in sorted(self.objects.items())
            if uri.startswith(start + prefix)
        ]
        return self._answer("first_objects", found[:most])

    def beginning(self, bucket, key, size):
        return self._answer("beginning", self.objects[f"s3://{bucket}/{key}"][:size])

    def has_image(self, account, repository, tag):
        [name] = tag.values()
        return self._answer("has_image", f"{repository}:{name}" in self.images)

    def quotas(self):
        return self._answer("quotas", self.limits)


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def environment():
    return replace(load("local"), name="dev", runtime=None, role_arn=ROLE, bucket="artifacts")


@pytest.fixture
def context(account, environment):
    """Make a context of steps and parameters, as they stand in a definition."""

    def make(*steps, parameters=(), environment=environment, aws=True):
        document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
        composition = Composition("tiny", parse(document))
        return Context(environment, (composition,), account, aws, lambda: NOW)

    return make
