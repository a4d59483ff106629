from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.difference import Change
from pipelines.deploy.errors import UsageError
from pipelines.deploy.plan import (
    CreateBucket,
    CreatePipeline,
    Deployed,
    Instruction,
    Plan,
    PublishAsset,
    TagPipeline,
    UpdatePipeline,
    UploadInput,
    WriteSample,
)
from pipelines.deploy.planning.plan_file import (
    ROOT,
    FiledPlan,
    PlanFile,
    PlanFileInvalid,
    PlanOutdated,
    filed,
    fingerprint,
    load,
    read,
    still_fits,
    written,
)

CHANGE = Change("~", "A.b", {"Get": "x"}, [1, None], "step")
INSTRUCTIONS = (
    CreateBucket("b", "us-east-1"),
    PublishAsset(ROOT / "run.py", "b", "k"),
    UploadInput(Path("/data.csv"), "b", "k"),
    WriteSample("b", "k", 10, 0),
    CreatePipeline("tiny", '{"größer": 1}', "Tiny.", "arn", {"a": "b"}, 3, "note"),
    UpdatePipeline("tiny", None, "Tiny.", None, (CHANGE,), None, None),
    TagPipeline("tiny", "arn", {"a": "b"}),
)
FILE = PlanFile(
    "local",
    "us-east-1",
    (FiledPlan(Plan("tiny", INSTRUCTIONS), "f" * 64, {"run.py": "1", "/data.csv": "2"}),),
)
DEPLOYED = Deployed("arn", "{}", "Tiny.", "role", {"a": "b"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_every_instruction_survives_the_way_through_a_file():
    assert {type(each) for each in INSTRUCTIONS} == set(get_args(Instruction))
    assert read(written(FILE).encode(), "here") == FILE


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_crash(body):
    with pytest.raises(PlanFileInvalid, match="here"):
        read(body, "here")


@given(st.data(), JSON)
def test_no_value_in_any_place_makes_reading_crash(data, value):
    document = json.loads(written(FILE))
    place, key = document, "pipelines"
    while True:
        members = place.keys() if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(sorted(members, key=str)))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = value
    try:
        found = read(json.dumps(document).encode(), "here")
    except PlanFileInvalid as error:
        assert str(error).startswith("here: ")
    else:
        assert isinstance(found, PlanFile)
        assert read(written(found).encode(), "here") == found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(format="else"), "not a plan file; make one with"),
        (lambda d: d.update(version=2), "has version 2 but this is for version 1"),
        (lambda d: d["pipelines"][0].update(name=1), "/pipelines/0/name: must be str"),
        (
            lambda d: d["pipelines"][0]["instructions"][0].update(instruction="RunShell"),
            "/pipelines/0/instructions/0: must be an instruction: CreateBucket,",
        ),
        (
            lambda d: d["pipelines"][0]["instructions"][0].update(extra=1),
            "/pipelines/0/instructions/0/extra: CreateBucket has no such member",
        ),
        (
            lambda d: d["pipelines"][0]["instructions"][4].update(name="other"),
            "plans for 'tiny' but writes 'other'",
        ),
        (lambda d: d["pipelines"][0].update(files={}), "has no digest of run.py"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change, said):
    document = json.loads(written(FILE))
    change(document)
    with pytest.raises(PlanFileInvalid) as raised:
        read(json.dumps(document).encode(), "here")
    assert said in str(raised.value)


def test_a_script_is_found_again_in_a_checkout_that_lies_elsewhere():
    assert str(ROOT) not in written(FILE)


def test_every_problem_is_reported_at_once():
    document = json.loads(written(FILE))
    document["region"] = None
    document["pipelines"][0]["instructions"][1]["bucket"] = 5
    with pytest.raises(PlanFileInvalid, match="2 problems"):
        read(json.dumps(document).encode(), "here")


@pytest.mark.parametrize(
    "moved",
    [
        None,
        replace(DEPLOYED, definition="{ }"),
        replace(DEPLOYED, role_arn="other"),
        replace(DEPLOYED, description=""),
        replace(DEPLOYED, tags={}),
        replace(DEPLOYED, parallelism=2),
    ],
)
def test_a_plan_does_not_fit_what_has_moved(moved):
    each = filed(Plan("tiny", ()), DEPLOYED)
    still_fits(each, replace(DEPLOYED, tags=dict(DEPLOYED.tags)))
    with pytest.raises(PlanOutdated, match="nothing was done: plan again"):
        still_fits(each, moved)


def test_a_pipeline_that_came_up_since_is_not_what_was_planned_for():
    assert fingerprint(None) is None
    with pytest.raises(PlanOutdated):
        still_fits(filed(Plan("tiny", ()), None), DEPLOYED)


def test_a_script_that_has_changed_since_is_not_published(tmp_path):
    path = tmp_path / "run.py"
    path.write_text("1")
    each = filed(Plan("tiny", (PublishAsset(path, "b", "k"),)), None)
    still_fits(each, None)
    path.write_text("2")
    with pytest.raises(PlanOutdated, match=r"run\.py has changed since"):
        still_fits(each, None)


def test_a_file_that_is_not_there_is_a_mistake_on_the_command_line(tmp_path):
    for path in (tmp_path / "none", tmp_path, Path("a\0b")):
        with pytest.raises(UsageError, match="cannot be read"):
            load(path)
