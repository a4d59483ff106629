"""Names the service gives to resources, and how they are read back."""

from __future__ import annotations

import re
from typing import Protocol

_ARN = re.compile(
    r"arn:aws[a-z\-]*:sagemaker:(?P<region>[a-z0-9\-]*):(?P<account>[0-9]{12}|aws):(?P<kind>[a-z\-]+)/(?P<name>.+)"
)


class Account(Protocol):
    """The part of the settings that appears in every ARN."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


def arn(settings: Account, kind: str, name: str) -> str:
    """The ARN of a resource: kind is `pipeline`, `training-job`, `model-package`, ...; the name keeps its case."""
    return f"arn:aws:sagemaker:{settings.region}:{settings.account}:{kind}/{name}"


def execution_arn(settings: Account, pipeline: str, execution_id: str) -> str:
    return arn(settings, "pipeline", f"{pipeline}/execution/{execution_id}")


def name_in(name_or_arn: str) -> str:
    """What stands after the kind in an ARN (`group/3`, `house-price`); a bare name is returned as it is."""
    match = _ARN.fullmatch(name_or_arn)
    return match["name"] if match else name_or_arn


def kind_in(arn: str) -> str:
    """`pipeline`, `training-job`, ...; empty when the text is not an ARN of SageMaker."""
    match = _ARN.fullmatch(arn)
    return match["kind"] if match else ""


def package_key(name: str) -> str:
    """The record key of `group/3` (`group/00000003`) or of an unversioned name."""
    group, separator, version = name.rpartition("/")
    if separator and version.isascii() and version.isdecimal():
        return f"{group}/{int(version[:18]):08d}"
    return name


def execution_id_in(text: str) -> str:
    """The id of an execution given by its ARN or by the bare id."""
    return text.rpartition("/execution/")[2]


def caller(settings: Account) -> dict[str, object]:
    """CreatedBy / LastModifiedBy as outside Studio: the assumed role that STS reports."""
    identity = f"arn:aws:sts::{settings.account}:assumed-role/SageMakerPipelineRole/local"
    return {"IamIdentity": {"Arn": identity, "PrincipalId": "AROALOCALSAGEMAKERPIPE:local"}}
