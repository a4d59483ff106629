"""Feeds `validate` with texts that libFuzzer makes, guided by which branches of the rules they reach.

    python tests/integration/fuzz_validate.py CORPUS_FOLDER -max_total_time=60

The options are libFuzzer's. Ends with an error when an exception escapes, when a rule crashes, or when one text takes
longer than the seconds of -timeout.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import atheris

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
with atheris.instrument_imports(include=["pipelines"]):
    from pipelines.rules._base import CRASHED
    from pipelines.rules._engine import validate


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    crashes = {finding.message for finding in validate(text) if finding.code == CRASHED}
    if crashes:
        raise AssertionError(crashes)


def mutate(data: bytes, largest: int, seed: int) -> bytes:
    """Half of the time a change that leaves a text JSON: bytes alone would seldom get past the reader."""
    source = random.Random(seed)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if document is None or source.random() < 0.5:
        changed: bytes = atheris.Mutate(data, largest)
        return changed
    places = _places(document)
    if places:
        parent, key = source.choice(places)
        other, place = source.choice(places)
        match source.randrange(4):
            case 0:
                parent[key] = source.choice([None, True, -1, 1e308, "", [], {}, {"Get": "Steps.A"}])
            case 1:
                parent[key] = other[place]
            case 2:
                parent[key] = {source.choice(["Get", "Std:Join", "Name", "Type"]): other[place]}
            case _:
                del parent[key]
    try:
        return json.dumps(document).encode()[:largest]
    # A value can have become its own child.
    except (ValueError, RecursionError):
        return data


def _places(document: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        value = todo.pop()
        if isinstance(value, dict | list):
            keys = list(value) if isinstance(value, dict) else range(len(value))
            found += [(value, key) for key in keys]
            todo += [value[key] for key in keys]
    return found


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input, custom_mutator=mutate)
    atheris.Fuzz()
