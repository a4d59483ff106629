from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._roles import roles
from pipelines.rules._s3 import uris
from pipelines.rules._subject import Subject

_DEFAULT = re.compile(
    r"s3://sagemaker-(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)-(?P<account>\d{12})(?:/|$)"
)
_ACCOUNT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):")


class DefaultBucket(Rule):
    """A location lies in SageMaker's default bucket of another region or account.

    `sagemaker-REGION-ACCOUNT` tells which it is. A model has to lie in the region of the model that uses it, and the
    bucket of another account is closed unless somebody opened it: usually a path was copied from another environment.

    Wrong:
        {"S3OutputPath": "s3://sagemaker-eu-west-1-123456789012/models"} in us-east-1

    Right:
        {"S3OutputPath": "s3://sagemaker-us-east-1-123456789012/models"} in us-east-1
    """

    code = "W9019"

    def check(self, subject: Subject) -> Iterator[Match]:
        region, account = subject.region, _account(subject)
        for member, text in uris(subject):
            match = _DEFAULT.match(text)
            if match is None:
                continue
            if region is not None and match["region"] != region:
                yield Match(
                    member.pointer,
                    f"'{text}' lies in {match['region']}, the pipeline runs in {region}",
                )
            elif account is not None and match["account"] != account:
                yield Match(
                    member.pointer,
                    f"'{text}' is of account {match['account']}, the jobs run in account {account}",
                )


def _account(subject: Subject) -> str | None:
    """The account of the first role; E9017 tells when there are several."""
    for _, arn in roles(subject):
        if match := _ACCOUNT.match(arn):
            return match[1]
    return None
