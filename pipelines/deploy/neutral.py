"""What a pipeline is made of, whatever the environment: the digest that goes from dev to prod unchanged.

A composition is composed once more for an environment that is nobody's; what is left of it without the defaults of
its parameters has the same digest in every environment, and another one after every change of a step or a script.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from params.environment import Environment
from params.infra import Infra
from params.jobs import Jobs
from params.reader import NO_ACCOUNT
from pipelines.definition.document import canonical

REGION = "us-east-1"


def neutral(environment: Environment) -> Environment:
    """An environment that has only the parameters of this one: compositions want them all, whatever their values."""
    return replace(
        environment,
        name="neutral",
        region=REGION,
        role_arn=f"arn:aws:iam::{NO_ACCOUNT}:role/neutral",
        bucket="neutral",
        prefix="neutral",
        runtime=None,
        tags=MappingProxyType({}),
        disabled_rules=MappingProxyType({}),
        infra=Infra(),
        account="",
        profile="",
        jobs=Jobs(),
        suffix="",
        mlflow="off",
    )


def source_digest(document: Mapping[str, Any]) -> str:
    """The sha256 of a definition composed for the neutral environment, without its parameters' defaults."""
    parameters = [
        {key: value for key, value in each.items() if key != "DefaultValue"}
        for each in document.get("Parameters", ())
    ]
    text = canonical({**document, "Parameters": parameters})
    return hashlib.sha256(text.encode()).hexdigest()
