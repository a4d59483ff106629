"""No rule raises, whatever stands in a document that can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.definition.requests.property_types import STEP_REQUESTS
from pipelines.rules._base import CRASHED
from pipelines.rules._engine import all_rules, validate
from pipelines.rules._service import service_shapes

CASES = Path(__file__).parents[2] / "cases"
BASE = json.loads((CASES / "definition-changes/base.json").read_text())
OWN = [rule for rule in all_rules() if rule.code[1] in "29"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["s3://", "s3:///a", "s3://b/{x", "a:b@c/d:e", "{", "ml.", "arn:aws:iam::1:role/x", "/"]
    )
)
REFERENCES = st.sampled_from(
    [
        "Parameters.P",
        "Parameters.",
        "Execution.PipelineName",
        "ForEach.CurrentItem",
        *(
            f"Steps.S{number}.{path}"
            for number in range(3)
            for path in ("OutputDataConfig", "A[0]")
        ),
        "Steps.S0.ProcessingOutputConfig.Outputs['a'].S3Output.S3Uri",
        "Steps.S1.ModelArtifacts.S3ModelArtifacts",
    ]
)
MEMBERS = sorted(
    {name for shape in service_shapes().values() for name in shape.get("members", ())}
    & set((CASES / "definition-changes/base.json").read_text().split('"'))
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=3), inner, max_size=4)
        | st.fixed_dictionaries({"Get": REFERENCES | inner})
        | st.fixed_dictionaries(
            {"Std:Join": st.fixed_dictionaries({"On": SCALARS, "Values": inner})}
        )
    )


VALUES = st.recursive(SCALARS | st.fixed_dictionaries({"Get": REFERENCES}), nested, max_leaves=12)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Steps of every type that have a request, with the right members and any values."""
    steps = []
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from([*STEP_REQUESTS, "ForEach", "Condition"]))
        known = (
            service_shapes()[STEP_REQUESTS[kind].shape]["members"]
            if kind in STEP_REQUESTS
            else ["ForEachBody"]
        )
        arguments = draw(st.dictionaries(st.sampled_from(sorted(known)), VALUES, max_size=4))
        steps.append({"Name": f"S{number}", "Type": kind, "Arguments": arguments})
    parameter = {
        "Name": "P",
        "Type": "String",
        "DefaultValue": draw(SCALARS),
        "EnumValues": draw(VALUES),
    }
    return {"Version": "2020-12-01", "Parameters": [parameter], "Steps": steps}


def places(value: Any, pointer: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )
    return [pointer, *(place for key, each in inner for place in places(each, (*pointer, key)))]


def reached(value: Any, path: list[Any]) -> Any:
    """What stands at `path`, None when it leads nowhere."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        else:
            value = (
                value[key]
                if isinstance(value, list) and isinstance(key, int) and key < len(value)
                else None
            )
    return value


PLACES = [place for place in places(BASE) if len(place) > 3]


def crashes(document: Any) -> list[str]:
    found = validate(json.dumps(document), region="us-east-1", only=OWN)
    return [each.message for each in found if each.code == CRASHED]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_no_rule_raises_on_any_arguments(document: Any) -> None:
    assert crashes(document) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
def test_no_rule_raises_on_a_spoilt_definition(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = json.loads(json.dumps(BASE))
    for (*path, last), value in changes:
        parent = reached(document, path)
        # An earlier change may have taken the place away.
        if isinstance(parent, dict) and last in parent:
            parent[last] = value

    assert crashes(document) == []


@pytest.mark.parametrize("name", ["house-price", "linear-baseline"])
def test_the_shipped_pipelines_have_no_findings(name: str) -> None:
    text = (CASES / f"definitions/{name}.json").read_text()

    assert validate(text, region="us-east-1", only=OWN) == ()
