from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.definition.expressions import escape
from pipelines.deploy.findings.positions import lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def pointers(value, pointer=""):
    yield pointer
    entries = enumerate(value) if isinstance(value, list) else ()
    for key, member in value.items() if isinstance(value, dict) else entries:
        yield from pointers(member, f"{pointer}/{escape(str(key))}")


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_every_value_has_a_line(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    wanted = list(pointers(value))
    found = lines(text, wanted)
    assert sorted(found) == sorted(set(wanted))
    if indent is None:
        assert set(found.values()) == {1}


def test_a_member_is_where_its_value_begins():
    text = '{\n "a": [1,\n  {"b/c":\n   2}],\n "d" : "\\"\\n"\n}\n'
    assert lines(text, ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/d", "/nowhere"]) == {
        "": 1,
        "/a": 2,
        "/a/0": 2,
        "/a/1": 3,
        "/a/1/b~1c": 4,
        "/d": 5,
    }


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, '{"a":' * 5000 + "1" + "}" * 5000])
def test_depth_is_no_obstacle(text):
    assert lines(text, [""]) == {"": 1}
