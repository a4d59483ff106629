"""The rules about the document, references, graph, conditions, caching and retries say nothing of right definitions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.rules._base import Finding
from pipelines.rules._engine import all_rules, validate

CASES = Path(__file__).parents[2] / "cases"
SECTIONS = ("document", "references", "graph", "conditions", "caching", "retries")
RULES = [rule for rule in all_rules() if type(rule).__module__.split(".")[-2] in SECTIONS]
# What is found rightly in documents that the service takes.
RIGHTLY = {
    "a condition in a branch of another": {("W5016", "/Steps/6/Arguments/IfSteps/0")},
}


def accepted() -> list[tuple[str, Any]]:
    changes = CASES / "definition-changes"
    base = json.loads((changes / "base.json").read_text())
    found = [("the base", base)]
    for case in json.loads((changes / "accepted.json").read_text()):
        if "repeat" not in case:
            document = copy.deepcopy(base)
            for pointer, value in case.get("set", {}).items():
                container, key = place(document, pointer)
                container[key] = value
            for pointer in case.get("remove", ()):
                container, key = place(document, pointer)
                del container[key]
            found.append((case["why"], document))
    return found


def place(value: Any, pointer: str) -> tuple[Any, Any]:
    *path, last = pointer.split("/")[1:]
    for part in path:
        value = value[int(part) if isinstance(value, list) else part]
    return value, int(last) if isinstance(value, list) else last


def definitions() -> list[tuple[str, Any]]:
    files = sorted((CASES / "definitions").glob("*.json"))
    return [(file.stem, json.loads(file.read_text())) for file in files]


@pytest.mark.parametrize(
    ("name", "document"),
    [pytest.param(*each, id=each[0]) for each in (*definitions(), *accepted())],
)
def test_nothing_is_found_in_a_right_definition(name: str, document: Any) -> None:
    found = validate(json.dumps(document), only=RULES)
    assert places(found) == RIGHTLY.get(name, set()), found


def places(found: tuple[Finding, ...]) -> set[tuple[str, str]]:
    return {(each.code, each.pointer) for each in found}
