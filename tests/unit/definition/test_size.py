"""Texts with more values than any definition has are refused at once, long definitions are not."""

from __future__ import annotations

import json

import pytest

from pipelines.definition.document import parse
from pipelines.definition.errors import DefinitionError
from pipelines.definition.size import MOST_ENTRIES, MOST_VALUES, oversized


def test_the_list_with_too_many_entries_is_named():
    document = {"Steps": [{"a/b": [0] * (MOST_ENTRIES + 1)}]}
    problem = oversized(document, 1_000)
    assert problem is not None
    assert problem.pointer == "/Steps/0/a~1b"
    assert f"has {MOST_ENTRIES + 1} entries" in problem.message
    assert str(MOST_ENTRIES) in problem.message


def test_entries_up_to_the_limit_are_looked_at():
    assert oversized({"Steps": [0] * MOST_ENTRIES, "Metadata": {}}, 1_000) is None


@pytest.mark.parametrize(("length", "refused"), [(500_000, True), (12 * MOST_VALUES * 2, False)])
def test_a_longer_text_may_have_more_values(length, refused):
    document = {"Steps": [[0] * 4_000 for _ in range(20)]}
    assert (oversized(document, length) is not None) is refused


def test_a_dense_text_is_refused_with_the_remedy():
    text = json.dumps({"Version": "2020-12-01", "Steps": [[{}] * 4_900] * 50})
    with pytest.raises(DefinitionError, match=r"allowed are .*: make two pipelines of it"):
        parse(text)
