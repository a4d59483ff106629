"""What CreatePipeline accepts and refuses: tests/cases/definition-changes, and whole definitions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from runtime.api import ApiError
from runtime.server.definitions import accept_definition

CASES = Path(__file__).parents[3] / "cases"
CHANGES = CASES / "definition-changes"


def load(name: str) -> Any:
    return json.loads((CHANGES / f"{name}.json").read_text())


def changed(case: dict[str, Any]) -> str:
    """The base definition with the members that the case sets, removes or repeats (JSON pointers)."""
    document = load("base")
    for pointer, value in case.get("set", {}).items():
        place, key = parent(document, pointer)
        place[key] = value
    for pointer in case.get("remove", ()):
        place, key = parent(document, pointer)
        del place[key]
    for pointer, times in case.get("repeat", {}).items():
        place, key = parent(document, pointer)
        place[key] = [{**copy.deepcopy(place[key][0]), "InputName": f"i{n}"} for n in range(times)]
    return json.dumps(document)


def parent(document: Any, pointer: str) -> tuple[Any, Any]:
    *path, last = pointer.split("/")[1:]
    for key in path:
        document = document[int(key) if isinstance(document, list) else key]
    return document, int(last) if isinstance(document, list) else last


@pytest.mark.parametrize("case", [{"why": "the base"}, *load("accepted")], ids=lambda c: c["why"])
def test_what_the_service_takes_is_accepted(case: dict[str, Any]) -> None:
    accept_definition(changed(case))


@pytest.mark.parametrize("case", load("refused"), ids=lambda c: c["why"])
def test_what_the_service_refuses_is_refused_in_its_words(case: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        accept_definition(changed(case))
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith("Unable to parse pipeline definition. ")
    assert case["says"] in caught.value.message
    assert caught.value.message.count(" (/") == case.get("problems", 1)


@pytest.mark.parametrize(
    "path", sorted((CASES / "definitions").glob("*.json")), ids=lambda p: p.stem
)
def test_the_shipped_pipelines_are_accepted(path: Path) -> None:
    accept_definition(path.read_text())


def test_every_mistake_is_told_but_not_a_thousand_times() -> None:
    document = load("base")
    document["Steps"] = [
        {"Name": f"S{number}", "Type": "Fail", "Arguments": {"Message": "x"}}
        for number in range(500)
    ]
    with pytest.raises(ApiError, match=r"; and 490 more$"):
        accept_definition(json.dumps(document))


def test_a_definition_of_two_thousand_steps_is_accepted() -> None:
    document = load("base")
    step = json.dumps(document["Steps"][1])
    document["Steps"] = [
        *document["Steps"],
        *(json.loads(step.replace('"Train"', f'"Train{number}"')) for number in range(2000)),
    ]
    assert len(accept_definition(json.dumps(document)).steps) > 2000


@pytest.mark.parametrize("depth", [400, 900, 5000])
def test_a_condition_nested_too_deeply_is_refused(depth: int) -> None:
    condition: Any = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    text = json.dumps(condition)
    for _ in range(depth):
        text = f'{{"Type": "Not", "Condition": {text}}}'
    step = f'{{"Name": "C", "Type": "Condition", "Arguments": {{"Conditions": [{text}]}}}}'
    try:
        accept_definition(f'{{"Version": "2020-12-01", "Steps": [{step}]}}')
    except ApiError as error:
        assert "nested too deeply" in error.message or "recursion" in error.message
