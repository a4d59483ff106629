from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from params.environment import load
from pipelines.deploy.models import Asset, Synthesis
from pipelines.deploy.plan import (
    CreateBucket,
    CreatePipeline,
    Deployed,
    Facts,
    Plan,
    PublishAsset,
    TagPipeline,
    UpdatePipeline,
    WriteSample,
    plan,
    plan_uploads,
    without_repeats,
)

LOCAL = load("local")
ASSET = Asset(Path("prepare.py"), LOCAL.bucket, "assets/1/prepare.py")
SYNTHESIS = Synthesis("tiny", "Tiny.", json.dumps({"Steps": []}), (ASSET,))
DEPLOYED = Deployed(
    "arn:tiny", '{ "Steps" : [ ] }', "Tiny.", LOCAL.role_arn, dict(LOCAL.tags) | {"other": "x"}
)


def instructions(facts, environment=LOCAL):
    return plan(environment, SYNTHESIS, facts).instructions


def test_what_is_as_composed_needs_no_instruction():
    decided = plan(LOCAL, SYNTHESIS, Facts(DEPLOYED, bucket=True))
    assert decided == Plan("tiny", ())
    assert decided.action == "up to date"


def test_nothing_there_needs_everything_in_an_order_that_works():
    found = instructions(Facts(None, bucket=False, missing=frozenset([ASSET.key])))
    assert [type(each) for each in found] == [CreateBucket, PublishAsset, CreatePipeline]


def test_the_bucket_is_never_created_in_aws():
    remote = replace(LOCAL, runtime=None)
    found = instructions(Facts(None, bucket=False, missing=frozenset([ASSET.key])), remote)
    assert [type(each) for each in found] == [PublishAsset, CreatePipeline]


def test_an_asset_that_is_there_is_not_published_again():
    assert [type(each) for each in instructions(Facts(None, bucket=True))] == [CreatePipeline]


@pytest.mark.parametrize(
    ("deployed", "sent"),
    [
        (replace(DEPLOYED, definition='{"Steps": [1]}'), {"definition"}),
        (replace(DEPLOYED, definition="not json"), {"definition"}),
        (replace(DEPLOYED, description=""), {"description"}),
        (replace(DEPLOYED, role_arn="arn:other"), {"role_arn"}),
    ],
)
def test_an_update_sends_only_what_differs(deployed, sent):
    [update] = instructions(Facts(deployed, bucket=True))
    assert isinstance(update, UpdatePipeline)
    fields = ("definition", "description", "role_arn")
    assert {each for each in fields if getattr(update, each) is not None} == sent
    assert len(update.changes) == 1


def test_only_absent_or_different_tags_are_set():
    deployed = replace(DEPLOYED, tags={"project": "else", "environment": "local"})
    [tag] = instructions(Facts(deployed, bucket=True))
    assert tag == TagPipeline("tiny", "arn:tiny", {"project": "house-price-pipelines"})


def test_uploads_that_are_there_are_left_alone():
    sample = WriteSample(LOCAL.bucket, "data/x.csv", 10, 0)
    assert plan_uploads(LOCAL, [sample], Facts(None, bucket=True)) == ()
    facts = Facts(None, bucket=False, missing=frozenset([sample.key]))
    assert plan_uploads(LOCAL, [sample], facts) == (CreateBucket(LOCAL.bucket, "us-east-1"), sample)


def test_what_two_pipelines_share_is_done_once():
    facts = Facts(None, bucket=False, missing=frozenset([ASSET.key]))
    other = replace(SYNTHESIS, name="other")
    first, second = without_repeats([plan(LOCAL, SYNTHESIS, facts), plan(LOCAL, other, facts)])
    assert len(first.instructions) == 3
    assert [type(each) for each in second.instructions] == [CreatePipeline]
