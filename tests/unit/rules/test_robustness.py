"""Whatever text comes in, `validate` answers: no exception, and no rule that crashes over it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.validate import LIMIT_SECONDS, SHAPES, measure
from pipelines.rules._base import CRASHED, UNREADABLE, Finding
from pipelines.rules._engine import validate

CASES = Path(__file__).parents[2] / "cases"
TEXTS = [file.read_text(encoding="utf-8") for file in sorted((CASES / "good").glob("*.json"))]
DOCUMENTS = [json.loads(text) for text in TEXTS if len(text) < 20_000]
# More brackets than the JSON reader takes, and more than the rules' own recursion does.
DEPTHS = st.sampled_from([1, 10, 100, 300, 600, 900, 5_000])

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()  # with NaN and the infinities, which Python's JSON reads and writes
    | st.text(st.characters())  # with lone surrogates
    | st.sampled_from(["", "Steps", "Parameters.x", "2020-12-01", "Training", "a" * 100_000, "\x00"])
    | st.sampled_from(["s3://", "Steps.Train.X['", "Steps..", "[" * 500, "P1D", "ml.", "{" * 99])
)  # fmt: skip
expressions = st.sampled_from(
    [
        {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        {"Get": "Parameters.InputUri"},
        {"Get": "Steps.Prepare.PropertyFiles.Report"},
        {"Get": 5},
        {"Get": {"Get": "Parameters.InputUri"}},
        {"Std:Join": {"On": None, "Values": [{"Get": "Execution.PipelineName"}, None, [], {}]}},
        {"Std:Join": []},
        {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate"}, "Path": "a["}},
        {"Std:JsonGet": {"S3Uri": {"Std:JsonGet": {}}, "Path": {}}},
        {"If": True},
    ]
)
names = st.text(max_size=8) | st.sampled_from(
    ["Name", "Type", "Arguments", "Steps", "Get", "IfSteps", "ForEachBody", "DependsOn", "Values"]
)
values = st.recursive(
    scalars | expressions,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as the container and the key in it."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        current = todo.pop()
        keys = list(current) if isinstance(current, dict) else range(len(current))
        found += [(current, key) for key in keys]
        todo += [current[key] for key in keys if isinstance(current[key], dict | list)]
    return found


def nested(value: Any, depth: int, key: str | None) -> Any:
    for _ in range(depth):
        value = [value] if key is None else {key: value}
    return value


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A good definition with up to four values replaced, deleted, doubled, swapped, renamed or wrapped."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 4))):
        places = spots(document)
        if not places:
            break
        parent, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "delete", "double", "swap", "rename", "wrap"])):
            case "replace":
                parent[key] = draw(values)
            case "delete":
                del parent[key]
            case "double" if isinstance(parent, list):
                parent.insert(key, copy.deepcopy(parent[key]))
            case "swap":
                other, place = draw(st.sampled_from(places))
                parent[key] = copy.deepcopy(other[place])
            case "rename" if isinstance(parent, dict):
                parent[draw(names)] = parent.pop(key)
            case _:
                wrapper = draw(st.sampled_from([None, "Arguments", "Get", "Std:Join", "a/b~c"]))
                parent[key] = nested(parent[key], draw(st.integers(1, 40)), wrapper)
    return document


def crashes(text: str) -> list[Finding]:
    return [each for each in validate(text) if each.code == CRASHED]


def kinds_of_places() -> list[tuple[int, tuple[Any, ...]]]:
    """One place of each kind in all good definitions: the document's number and the keys that lead to it.

    Of one kind are places whose keys are the same but for positions, in steps of one type.
    """
    found: dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]] = {}
    for number, document in enumerate(DOCUMENTS):
        todo: list[tuple[tuple[Any, ...], tuple[Any, ...], Any]] = [((), (), document)]
        while todo:
            path, kind, value = todo.pop()
            found.setdefault(kind, (number, path))
            if isinstance(value, dict):
                kind = (value["Type"],) if "Arguments" in value else kind
                todo += [((*path, key), (*kind, key), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                todo += [((*path, at), (*kind, "*"), inner) for at, inner in enumerate(value)]
    return [place for place in found.values() if place[1]]


PLACES = kinds_of_places()
ODD = [
    *(None, True, -7, 0.5, "x", [], {}, [None], [[]], [{"": {}}], "9" * 5_000),
    {"Get": 5},
    {"Get": "Steps.A"},
    {"Get": f"Steps.Train.A[{'9' * 5_000}]"},
    {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": f"a[{'9' * 5_000}]"}},
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:40])
def test_no_rule_crashes_over_a_value_of_another_kind(value: Any) -> None:
    failed = []
    for number, (*path, last) in PLACES:
        document = json.loads(json.dumps(DOCUMENTS[number]))
        parent = document
        for key in path:
            parent = parent[key]
        parent[last] = value
        failed += [(path, last, each.message) for each in crashes(json.dumps(document))]
    assert failed == []


@given(mutated())
def test_no_rule_crashes_over_a_good_definition_gone_wrong(document: Any) -> None:
    assert crashes(json.dumps(document)) == []


@given(values)
def test_no_rule_crashes_over_any_json(value: Any) -> None:
    assert crashes(json.dumps(value)) == []
    assert crashes(json.dumps({"Version": "2020-12-01", "Steps": value, "Parameters": value})) == []


@given(st.dictionaries(names, values), st.sampled_from(DOCUMENTS))
def test_no_rule_crashes_over_any_step(step: Any, document: Any) -> None:
    steps = [*document["Steps"], step, {**step, "Name": "A"}, {"Type": "Condition", **step}]
    assert crashes(json.dumps({**document, "Steps": steps})) == []


@given(st.sampled_from(DOCUMENTS), DEPTHS, st.data())
def test_no_rule_crashes_over_what_is_nested_deeply(
    document: Any, depth: int, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from([None, "Condition", "Arguments", "Std:Join", "Get"]))
    changed = copy.deepcopy(document)
    places = spots(changed)
    parent, place = data.draw(st.sampled_from(places))
    parent[place] = "HERE"
    opened, closed = ("[", "]") if key is None else (f'{{"{key}":', "}")
    text = json.dumps(changed).replace('"HERE"', opened * depth + "1" + closed * depth)
    assert crashes(text) == []


@given(st.text(st.characters()))
@example("")
@example("\ufeff{}")
@example("\x00\xff\xfe")
@example('"\\ud800"')
@example("{}{}")
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example('{"Steps": ' + "9" * 5_000 + "}")
def test_text_that_is_no_definition_is_a_finding(text: str) -> None:
    assert {each.code for each in validate(text)} <= {UNREADABLE} or text.lstrip().startswith("{")
    assert validate(text)


@given(st.sampled_from(TEXTS), st.integers(0, 5_000), st.text(max_size=3), st.integers(0, 4))
def test_no_rule_crashes_over_a_broken_text(text: str, at: int, put: str, cut: int) -> None:
    assert crashes(text[:at] + put + text[at + cut :]) == []


@pytest.mark.parametrize("key", ["Steps", "Parameters", "Version", "Metadata"])
@pytest.mark.parametrize("value", ["null", "1", "NaN", "-Infinity", "1e999", '"\\ud800"', "[[]]"])
def test_the_last_of_two_equal_keys_counts(key: str, value: str) -> None:
    text = TEXTS[0].rstrip()
    assert text.endswith("}")
    assert crashes(f'{text[:-1]}, "{key}": {value}}}') == []


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_no_megabyte_takes_more_than_linear_time(shape: Callable[[], str]) -> None:
    """What grew with the square took half a minute; the second is held by benchmarks/validate.py."""
    found, seconds = measure(shape())
    assert [each for each in found if each.code == CRASHED] == []
    assert seconds < 5 * LIMIT_SECONDS
