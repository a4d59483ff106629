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
from pipelines.deploy.provenance import Commit, Record

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


RECORD = Record("house-price-pipelines", Commit("0123456789ab", "Ada"))


def recorded(definition, **more):
    return replace(DEPLOYED, tags={**DEPLOYED.tags, **RECORD.tags(definition), **more})


def with_record(deployed, record=RECORD):
    return plan(LOCAL, SYNTHESIS, Facts(deployed, bucket=True), record).instructions


def test_a_new_pipeline_is_recorded_from_the_start():
    [create] = plan(LOCAL, SYNTHESIS, Facts(None, bucket=True), RECORD).instructions
    assert create.tags == {**LOCAL.tags, **RECORD.tags(SYNTHESIS.definition)}
    assert create.note == "commit 0123456789ab; author Ada"


def test_another_commit_alone_is_nothing_to_write():
    newer = Record(RECORD.project, Commit("ba9876543210", "Bob"))
    assert with_record(recorded(SYNTHESIS.definition), newer) == ()


def test_a_definition_is_written_together_with_its_record():
    deployed = replace(recorded('{"Steps": [1]}'), definition='{"Steps": [1]}')
    newer = Record(RECORD.project, Commit("ba9876543210", "Bob"))
    update, tag = with_record(deployed, newer)
    assert update.note == "commit ba9876543210; author Bob"
    changed = ("pipelines:commit", "pipelines:definition")
    wanted = newer.tags(SYNTHESIS.definition)
    assert tag.tags == {key: wanted[key] for key in changed}


def test_another_role_makes_no_version_so_there_is_nothing_to_note():
    [update] = with_record(replace(recorded(SYNTHESIS.definition), role_arn="arn:other"))
    assert update.note is None


@pytest.mark.parametrize(
    "deployed",
    [DEPLOYED, recorded("{}"), recorded(SYNTHESIS.definition, **{"pipelines:project": "theirs"})],
)
def test_what_is_recorded_wrongly_or_not_at_all_is_put_right(deployed):
    [tag] = with_record(deployed)
    assert isinstance(tag, TagPipeline)


def test_parallelism_is_set_when_the_composition_says_so_and_left_alone_otherwise():
    limited = replace(DEPLOYED, parallelism=4)
    assert instructions(Facts(limited, bucket=True)) == ()
    wanted = replace(SYNTHESIS, parallelism=2)
    [update] = plan(LOCAL, wanted, Facts(limited, bucket=True)).instructions
    assert (update.parallelism, update.definition) == (2, None)
    assert [(each.kind, each.before, each.after) for each in update.changes] == [
        ("parallelism", 4, 2)
    ]
    [create] = plan(LOCAL, wanted, Facts(None, bucket=True)).instructions
    assert create.parallelism == 2
