"""No rule says a word about definitions that are right: a false alarm is a defect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.definition.expressions import walk
from pipelines.definition.members import STEP_TYPES
from pipelines.rules._engine import validate
from runtime.server.definitions import accept_definition

CASES = Path(__file__).parents[2] / "cases"
# With those that the compositions of this project make.
GOOD = [*sorted((CASES / "good").glob("*.json")), *sorted((CASES / "definitions").glob("*.json"))]
NESTED = ("IfSteps", "ElseSteps", "ForEachBody")
# Notebook and fine-tuning jobs: what their arguments hold is not established.
NOT_SHOWN = {"Job"}


def steps(document: Any) -> Iterator[Any]:
    todo = list(document["Steps"])
    while todo:
        step = todo.pop()
        yield step
        todo += [inner for key in NESTED for inner in step.get("Arguments", {}).get(key, [])]


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_nothing_is_found_in_a_good_definition(file: Path) -> None:
    assert validate(file.read_text(encoding="utf-8")) == ()


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_the_runtime_accepts_a_good_definition(file: Path) -> None:
    definition = accept_definition(file.read_text(encoding="utf-8"))
    assert definition.document == json.loads(file.read_text(encoding="utf-8"))


def test_good_definitions_show_every_step_type_and_function() -> None:
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in GOOD]
    types = {step["Type"] for document in documents for step in steps(document)}
    functions = {next(iter(found)) for document in documents for _, found in walk(document)}

    assert types == set(STEP_TYPES) - NOT_SHOWN
    assert functions == {"Get", "Std:Join", "Std:JsonGet"}
