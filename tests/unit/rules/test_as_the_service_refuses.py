"""What the runtime refuses at CreatePipeline is an error of `validate`; what only `validate` calls one fails later.

The definitions are good ones with changes in places that hypothesis chooses.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.rules._base import Severity
from pipelines.rules._engine import CRASHED, UNREADABLE, all_rules, validate
from runtime.api import ApiError
from runtime.server.definitions import accept_definition

CASES = Path(__file__).parents[2] / "cases"
SMALL = 20_000
GOOD = [
    json.loads(file.read_text(encoding="utf-8"))
    for folder in ("good", "definitions")
    for file in sorted((CASES / folder).glob("*.json"))
    if file.stat().st_size < SMALL
]
# What CreatePipeline itself checks: the language, the shapes of requests, references, the graph. Errors with other
# codes come later, when a job is refused or fails. E1012 and E1013 are what only the published schema says.
AT_CREATION = {
    *("E0002", "E1001", "E1002", "E1003", "E1004", "E1005", "E1006"),
    *("E2001", "E2002", "E2003", "E2004", "E2005", "E2006", "E3001", "E3002", "E3003", "E3004"),
    *("E4001", "E4002", "E4003", "E4004", "E5001", "E6001", "E6011", "E7001", "E7010"),
}


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    todo = [document]
    while todo:
        value = todo.pop()
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield value, key
            if isinstance(value[key], dict | list):
                todo.append(value[key])


PARTS = [container[key] for document in GOOD for container, key in places(document)]
KEYS = sorted({key for document in GOOD for _, key in places(document) if isinstance(key, str)})
VALUES = st.one_of(
    st.sampled_from(PARTS),
    st.sampled_from([None, True, -1, 0, 1.5, 10**30, "", "x" * 5000, [], {}, [None], "\ud800"]),
    st.sampled_from(
        [{"Get": text} for text in ("Steps.A", "Parameters.X", "Execution.PipelineName", "")]
    ),
    st.text(max_size=4),
    st.integers(),
)


@st.composite
def changed(draw: st.DrawFn) -> str:
    document = copy.deepcopy(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 3))):
        spots = list(places(document))
        if not spots:
            break  # the last member was dropped
        container, key = draw(st.sampled_from(spots))
        match draw(st.sampled_from(["put", "drop", "add", "rename", "edit"])):
            case "drop":
                del container[key]
            case "add" if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
            case "rename" if isinstance(container, dict):
                container[draw(st.sampled_from(KEYS))] = container.pop(key)
            case "edit" if isinstance(container[key], str):
                at = draw(st.integers(0, len(container[key])))
                put = draw(st.sampled_from(["", " ", ".", "'", "[", "]", ":", "/", "9", "é"]))
                container[key] = container[key][:at] + put + container[key][at + 1 :]
            case _:
                container[key] = copy.deepcopy(draw(VALUES))
    return json.dumps(document)


def refused(text: str) -> str | None:
    try:
        accept_definition(text)
    except ApiError as error:
        return str(error)
    return None


@given(changed())
def test_validate_and_the_runtime_refuse_alike(text: str) -> None:
    errors = {each.code for each in validate(text) if each.severity is Severity.ERROR}
    refusal = refused(text)
    assert CRASHED not in errors
    if refusal:
        assert errors, refusal
    else:
        assert not errors & AT_CREATION


def test_the_codes_are_those_of_rules() -> None:
    assert AT_CREATION - {UNREADABLE} <= {rule.code for rule in all_rules()}
