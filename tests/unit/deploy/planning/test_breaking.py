from __future__ import annotations

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.planning.breaking import breaking


def definition(*parameters):
    return parse({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": []})


def parameter(kind="String", **more):
    return {"Name": "P", "Type": kind, **more}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([parameter()], [], "parameter P is gone: a start that passes it is refused"),
        ([], [parameter()], "parameter P is new and has no default: a start must pass it"),
        (
            [parameter(DefaultValue="1")],
            [parameter("Integer", DefaultValue=1)],
            "parameter P is Integer, was String: values of callers may not fit",
        ),
        (
            [parameter(DefaultValue="1")],
            [parameter()],
            "parameter P has lost its default: a start must pass it",
        ),
        (
            [parameter(DefaultValue="a")],
            [parameter(DefaultValue="a", EnumValues=["a", "b"])],
            "parameter P now takes only a, b",
        ),
        (
            [parameter(DefaultValue="a", EnumValues=["a", "b", "c"])],
            [parameter(DefaultValue="a", EnumValues=["a"])],
            "parameter P no longer takes b, c",
        ),
    ],
)
def test_what_makes_a_start_fail_is_said(before, after, said):
    assert breaking(definition(*before), definition(*after)) == (said,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [parameter(DefaultValue="a")]),
        ([parameter(DefaultValue="a")], [parameter(DefaultValue="b")]),
        ([parameter()], [parameter(DefaultValue="b")]),
        ([parameter(DefaultValue="a", EnumValues=["a"])], [parameter(DefaultValue="a")]),
        (
            [parameter(DefaultValue="a", EnumValues=["a"])],
            [parameter(DefaultValue="a", EnumValues=["b", "a"])],
        ),
    ],
)
def test_what_callers_do_not_notice_is_not(before, after):
    assert breaking(definition(*before), definition(*after)) == ()


def test_that_somebody_passes_it_is_said():
    before = definition(parameter(DefaultValue="a"))
    [said] = breaking(before, definition(), {"P"})
    assert said.endswith("a start that passes it is refused (a recent execution passed it)")
    [said] = breaking(before, definition(parameter("Float")), {"Q"})[:1]
    assert "recent" not in said
