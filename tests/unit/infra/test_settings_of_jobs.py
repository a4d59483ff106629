"""With [jobs] and branches on, the execution role may do what then is needed; without, it has no such policies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from params.environment import branch
from params.jobs import Jobs
from pipelines.definition.document import parse
from pipelines.deploy.permissions import needed
from pipelines.deploy.synth import composition_names, synthesise

JOBS = Jobs(
    subnets=("subnet-0a1b2c3d",),
    security_group_ids=("sg-0a1b2c3d",),
    kms_key="arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
    network_isolation=True,
    encrypt_traffic=True,
    spot=True,
    max_wait=3600,
    tag=True,
)
POLICIES = ("PipelinePolicy", "NetworkPolicy", "KeyPolicy")


@pytest.fixture(scope="module")
def secured(environment):
    return replace(environment, jobs=JOBS, infra=replace(environment.infra, branches=True))


def granted(resources):
    return [
        statement
        for name in POLICIES
        if name in resources
        for statement in resources[name]["Properties"]["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize("suffix", ["", "feature-x"])
def test_everything_that_a_secured_definition_needs_is_allowed(secured, resolved, simulate, suffix):
    here = branch(secured, suffix)
    role = granted(resolved("roles", secured))
    asked = {
        each
        for name in composition_names()
        for each in needed(parse(synthesise(name, here).definition), here)
    }
    refused = [
        each
        for each in asked
        if simulate(role, each.action, each.resource, each.context) != "Allow"
    ]
    assert sorted(refused) == []
    assert {"ec2:CreateNetworkInterface", "kms:CreateGrant"} <= {each.action for each in asked}


def test_a_branch_is_refused_where_branches_are_not_wanted(environment, resolved, simulate):
    here = branch(environment, "feature-x")
    role = granted(resolved("roles", environment))
    asked = needed(parse(synthesise("linear-baseline", here).definition), here)
    refused = {
        each.action
        for each in asked
        if simulate(role, each.action, each.resource, each.context) != "Allow"
    }
    assert {"s3:PutObject", "sagemaker:CreateModelPackage"} <= refused


def test_policies_of_network_and_key_are_there_only_when_asked_for(secured, environment, resolved):
    assert resolved("roles", environment).keys() & set(POLICIES) == {"PipelinePolicy"}
    assert resolved("roles", secured).keys() & set(POLICIES) == set(POLICIES)


def test_no_other_key_may_be_used(secured, resolved, simulate):
    other = "arn:aws:kms:us-east-1:123456789012:key/other"
    assert simulate(granted(resolved("roles", secured)), "kms:Decrypt", other) is None
