"""The rules of algorithms and tuning bear everything that JSON allows, and stay linear in its size."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.definition.document import read
from pipelines.rules._base import Rule
from pipelines.rules._engine import all_rules
from pipelines.rules._subject import Subject

CASES = Path(__file__).parents[2] / "cases"
BASE = json.loads((CASES / "rules" / "bases" / "algorithms.json").read_text())
RULES = [rule for rule in all_rules() if type(rule).__module__.split(".")[-2] == "algorithms"]

EXPRESSIONS = st.sampled_from(
    [
        {"Get": "Parameters.Rounds"},
        {"Get": "Parameters.Nothing"},
        {"Get": 5},
        {"Get": "Steps.Trees.FinalMetricDataList['x'].Value"},
        {"Std:Join": {"On": 1, "Values": []}},
        {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Instances"}, None, [1]]}},
        {"Std:JsonGet": {}},
    ]
)
# Words that make rules look closer.
WORDS = st.sampled_from(
    [
        "", "train", "Grid", "Hyperband", "Auto", "nan", "inf", "1e999", "-0", "9" * 400, "regressor", "Pipe",
        "multi:softmax", "multiclass_classifier", "(((", "(?<a>.)", "[" * 300, "\ud800", "validation:auc",
        "ShardedByS3Key",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS | EXPRESSIONS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member below a step's Arguments."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, member in inner:
        yield from places(member, (*path, key))


PLACES = sorted(
    [("Steps", index, "Arguments", *path) for index, step in enumerate(BASE["Steps"])
     for path in places(step["Arguments"])],
    key=str,
)  # fmt: skip


def with_values(changes: dict[tuple[Any, ...], Any]) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(BASE)
    for path, value in changes.items():
        parent: Any = document
        try:
            for key in path[:-1]:
                parent = parent[key]
            # A copy: a later change may go below it, and drawn values are shared.
            parent[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return document


def subject(document: dict[str, Any]) -> Subject:
    definition, problems = read(document)
    return Subject(definition, "", problems)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(PLACES), VALUES, max_size=4))
def test_no_rule_fails_whatever_stands_in_arguments(changes: dict[tuple[Any, ...], Any]) -> None:
    looked_at = subject(with_values(changes))
    for rule in RULES:
        for match in rule.check(looked_at):
            assert match.pointer.startswith("/Steps/")
            assert match.message


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["Training", "Tuning"]), st.dictionaries(st.text(max_size=8), VALUES))
def test_no_rule_fails_on_any_arguments(kind: str, arguments: dict[str, Any]) -> None:
    step = {"Name": "A", "Type": kind, "Arguments": arguments}
    looked_at = subject({"Version": "2020-12-01", "Steps": [step]})
    for rule in RULES:
        assert all(match.message for match in rule.check(looked_at))


@pytest.mark.parametrize("name", ["definition-changes/base.json", "rules/bases/algorithms.json"])
def test_right_documents_have_no_findings(name: str) -> None:
    looked_at = subject(json.loads((CASES / name).read_text()))
    assert [match for rule in RULES for match in rule.check(looked_at)] == []


@pytest.mark.parametrize(
    "file", sorted((CASES / "definitions").glob("*.json")), ids=lambda file: file.stem
)
def test_this_projects_own_pipelines_have_no_findings(file: Path) -> None:
    looked_at = subject(json.loads(file.read_text()))
    assert [match for rule in RULES for match in rule.check(looked_at)] == []


def test_a_finding_names_the_definition_it_is_in() -> None:
    path = ("Steps", 4, "Arguments", "TrainingJobDefinitions", 1, "StaticHyperParameters", "wdd")
    found = [match for rule in RULES for match in rule.check(subject(with_values({path: "1"})))]
    assert [match.pointer for match in found] == [f"/{'/'.join(map(str, path))}"]


def test_many_definitions_do_not_read_the_common_ranges_again() -> None:
    """More than ten are refused for their number; the ranges in common would be read by each."""

    class Counting(dict[str, Any]):
        reads = 0

        def get(self, key: str, default: Any = None) -> Any:
            Counting.reads += key == "MinValue"
            return super().get(key, default)

    ranges = [Counting(Name=f"p{index}", MinValue="1", MaxValue="2") for index in range(20)]
    config = {"Strategy": "Grid", "ParameterRanges": {"IntegerParameterRanges": ranges}}
    arguments = {"HyperParameterTuningJobConfig": config, "TrainingJobDefinitions": [{}] * 500}
    step = {"Name": "A", "Type": "Tuning", "Arguments": arguments}
    looked_at = subject({"Version": "2020-12-01", "Steps": [step]})
    list(RULES_OF_RANGES.check(looked_at))
    assert Counting.reads == 0


RULES_OF_RANGES: Rule = next(rule for rule in RULES if rule.code == "E8515")
