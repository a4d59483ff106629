"""Mistakes that users made, one in each definition: found offline, with the place and the remedy.

The cases come from public threads and from the reference, not from the rules. `at` is the JSON pointer of the value to
change; a finding one level above or below it is as good. `remedy` is a regular expression for its message.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.rules._base import Finding
from pipelines.rules._engine import validate

BAD = sorted((Path(__file__).parents[2] / "cases" / "bad").glob("*.json"))
FEWEST = 50
# Of fifty mistakes, two may be missed.
SHARE = 48 / 50


def read(file: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return case


def findings(case: dict[str, Any]) -> tuple[Finding, ...]:
    return validate(json.dumps(case["document"]))


def near(pointer: str, place: str) -> bool:
    """The same place, its parent or one of its children."""
    return place in (pointer, pointer.rpartition("/")[0]) or pointer == place.rpartition("/")[0]


def is_found(case: dict[str, Any], found: tuple[Finding, ...]) -> bool:
    return any(
        near(each.pointer, case["at"]) and re.search(case["remedy"], each.message) for each in found
    )


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_mistake_is_found_with_its_place_and_remedy(file: Path) -> None:
    case = read(file)
    found = findings(case)
    assert is_found(case, found), (case["why"], case["at"], case["remedy"], found)


def test_at_least_48_of_50_mistakes_are_found() -> None:
    missed = [file.stem for file in BAD if not is_found(case := read(file), findings(case))]
    assert len(BAD) >= FEWEST
    assert (len(BAD) - len(missed)) / len(BAD) >= SHARE, missed
