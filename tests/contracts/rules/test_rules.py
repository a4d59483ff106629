"""What every rule promises, and its cases: a bad document has its finding, a good one none."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.rules._base import Rule
from pipelines.rules._engine import all_rules, validate

CASES = Path(__file__).parents[2] / "cases"
RULES = all_rules()
SECTIONS = {
    "document": "1",
    "requests": "2",
    "references": "3",
    "graph": "4",
    "conditions": "5",
    "caching": "6",
    "retries": "7",
    "algorithms": "8",
    "resources": "9",
}


def document(case: dict[str, Any]) -> Any:
    """`document` as it is, or `base` (a file of tests/cases) with members set by pointer, others removed, and
    texts and lists repeated so many times."""
    if "document" in case:
        return case["document"]
    found = json.loads((CASES / case.get("base", "definition-changes/base.json")).read_text())
    found = copy.deepcopy(found)
    for pointer, value in case.get("set", {}).items():
        parent, key = place(found, pointer)
        if isinstance(parent, list):
            parent[int(key) : int(key) + 1] = [value]
        else:
            parent[key] = value
    for pointer in case.get("remove", ()):
        parent, key = place(found, pointer)
        del parent[int(key) if isinstance(parent, list) else key]
    for pointer, times in case.get("repeat", {}).items():
        parent, key = place(found, pointer)
        parent[int(key) if isinstance(parent, list) else key] *= times
    return found


def place(value: Any, pointer: str) -> tuple[Any, str]:
    *path, last = [
        part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("/").split("/")
    ]
    for part in path:
        value = value[int(part) if isinstance(value, list) else part]
    return value, last


def cases(kind: str) -> Iterator[Any]:
    for rule in RULES:
        file = CASES / "rules" / f"{rule.code}.json"
        entries = json.loads(file.read_text())[kind] if file.exists() else []
        for case in entries:
            yield pytest.param(rule, case, id=f"{rule.code}-{case['why']}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestEveryRule:
    def test_has_a_code_of_its_section(self, rule: Rule) -> None:
        section = type(rule).__module__.split(".")[-2]
        assert re.fullmatch(rf"[EWI]{SECTIONS[section]}\d{{3}}", rule.code)

    def test_documents_wrong_and_right(self, rule: Rule) -> None:
        text = type(rule).__doc__ or ""
        assert re.search(
            r"^    Wrong:\n(        .+\n|\n)+    Right:\n        ", text, re.MULTILINE
        ), text
        assert 10 < len(rule.title) <= 130

    def test_has_good_and_bad_cases(self, rule: Rule) -> None:
        found = json.loads((CASES / "rules" / f"{rule.code}.json").read_text())
        assert found["good"]
        assert found["bad"]

    def test_says_nothing_of_an_empty_definition(self, rule: Rule) -> None:
        assert list(validate('{"Version": "2020-12-01", "Steps": []}', only=[rule])) == []


@pytest.mark.parametrize(("rule", "case"), list(cases("bad")))
def test_bad_case_has_the_finding_and_no_other(rule: Rule, case: dict[str, Any]) -> None:
    found = validate(json.dumps(document(case)))

    here = [each for each in found if each.code == rule.code]
    assert [each.pointer for each in here if each.pointer == case["at"]], found
    assert any(case["says"] in each.message for each in here), here
    assert {each.code for each in found} == {rule.code, *case.get("also", ())}, found


@pytest.mark.parametrize(("rule", "case"), list(cases("good")))
def test_good_case_has_no_such_finding(rule: Rule, case: dict[str, Any]) -> None:
    assert [each for each in validate(json.dumps(document(case))) if each.code == rule.code] == []
