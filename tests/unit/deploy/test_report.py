from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

from pipelines.definition.difference import Change
from pipelines.deploy.plan import (
    CreateBucket,
    CreatePipeline,
    Plan,
    PublishAsset,
    TagPipeline,
    UpdatePipeline,
)
from pipelines.deploy.report import done_lines, instruction_documents, plan_lines


def test_a_plan_names_what_changes_and_counts_the_rest():
    changes = tuple(Change("~", f"Steps.A.{index}", 1, 2) for index in range(25))
    update = UpdatePipeline("tiny", "{}", None, None, changes)
    lines = [line.plain for line in plan_lines(Plan("tiny", (update,)))]
    assert lines[:3] == [
        "tiny  update",
        "  ~ update pipeline tiny  25 changes",
        "      ~ Steps.A.0  1 → 2",
    ]
    assert lines[-1] == "      and 5 more changes"


def test_a_plan_without_instructions_is_up_to_date():
    assert [line.plain for line in plan_lines(Plan("tiny", ()))] == ["tiny  up to date"]


def test_a_pipeline_without_a_description_ends_the_line_with_its_name():
    [_, line] = plan_lines(Plan("tiny", (CreatePipeline("tiny", "{}", "", "role", {}),)))
    assert line.plain == "  + create pipeline tiny"


def test_tags_are_shown():
    [_, line] = plan_lines(Plan("tiny", (TagPipeline("tiny", "arn", {"a": "b"}),)))
    assert line.plain == "  ~ tag pipeline tiny  a=b"


def test_values_are_shown_as_json_and_digests_short():
    digest = "0123456789abcdef" * 4
    changes = (
        Change("~", "A", {"Get": "Steps.X"}, [True, None, "é"]),
        Change("~", "B", "x", f"s3://b/{digest}/run.py"),
    )
    update = UpdatePipeline("tiny", "{}", None, None, changes)
    [_, _, first, second] = [line.plain for line in plan_lines(Plan("tiny", (update,)))]
    assert first == '      ~ A  {"Get": "Steps.X"} → [true, null, "é"]'
    assert second == "      ~ B  x → s3://b/0123456789ab…/run.py"


def test_what_was_done_is_a_line_for_each_pipeline_that_was_not_up_to_date():
    tag = TagPipeline("second", "arn", {"a": "b"})
    lines = done_lines([Plan("first", ()), Plan("second", (tag,))])
    assert [line.plain for line in lines] == ["Tagged second"]
    assert done_lines([Plan("first", ())]) == []


def test_instructions_are_data_for_machines():
    update = UpdatePipeline("tiny", "{}", None, "arn:role", (Change("~", "A", [1], None),))
    instructions = (
        CreateBucket("b", "us-east-1"),
        PublishAsset(Path("run.py"), "b", "k"),
        CreatePipeline("tiny", "{}", "Tiny.", "arn:role", MappingProxyType({"a": "b"})),
        update,
    )
    documents = json.loads(json.dumps(instruction_documents(instructions)))
    assert documents[0] == {"instruction": "CreateBucket", "bucket": "b", "region": "us-east-1"}
    assert documents[1]["path"] == "run.py"
    assert documents[2]["tags"] == {"a": "b"}
    assert "definition" not in documents[2]
    assert documents[3]["changes"] == [
        {"sign": "~", "path": "A", "before": [1], "after": None, "kind": "definition"}
    ]
