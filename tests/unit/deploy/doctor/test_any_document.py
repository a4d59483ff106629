"""Whatever stands in requests and policies, the checks answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from params.environment import load
from pipelines.definition.document import parse
from pipelines.deploy.doctor._demand import demands
from pipelines.deploy.doctor._sources import sources
from pipelines.deploy.doctor.trust import judge

NAMES = ["InputDataConfig", "ProcessingInputs", "TransformInput", "S3Uri", "AlgorithmSpecification"]
NAMES += ["TrainingJobDefinition", "TrainingJobDefinitions", "ResourceConfig", "InstanceType"]
NAMES += ["InstanceCount", "InstanceGroups", "ContentType", "TrainingImage", "Get", "Std:Join"]
POLICY = ["Statement", "Effect", "Principal", "Service", "Action", "Condition", "StringEquals"]
TEXTS = [
    "s3://bbb/k",
    "sagemaker.amazonaws.com",
    "Allow",
    "sts:AssumeRole",
    "Steps.S.X",
    "ml.m5.large",
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


def documents(names):
    return st.recursive(
        LEAVES | st.sampled_from(TEXTS),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(names) | st.text(max_size=3), inner, max_size=4),
        max_leaves=20,
    )


def requests():
    return st.dictionaries(st.sampled_from(NAMES), documents(NAMES), max_size=5)


@given(st.sampled_from(["Training", "Tuning", "Processing", "Transform", "Other"]), requests())
def test_any_request_has_sources_and_demands(kind, arguments):
    step = {"Name": "S", "Type": kind, "Arguments": arguments}
    definition = parse({"Version": "2020-12-01", "Steps": [step]})
    environment = replace(load("local"), bucket="artifacts")
    assert all(each.uri.startswith("s3://") for each in sources(definition, environment))
    assert all(amount >= 0 for amount in demands(definition).values())


@given(st.dictionaries(st.sampled_from(POLICY), documents(POLICY), max_size=4))
def test_any_trust_policy_is_judged(policy):
    assert judge(policy, "123456789012").status in ("ok", "warning", "failed")
