from __future__ import annotations

from pipelines.rules._base import CRASHED, UNREADABLE, Match, Rule, Severity
from pipelines.rules._engine import validate

TWO_STEPS = """{"Version": "2020-12-01", "Steps": [
    {"Name": "A", "Type": "Fail", "Arguments": {"ErrorMessage": "a"}},
    {"Name": "C", "Type": "Condition", "Arguments": {"Conditions": [], "ElseSteps": [], "IfSteps": [
        {"Name": "B", "Type": "Fail", "Arguments": {"ErrorMessage": "b"}}
    ]}}
]}"""


class Everywhere(Rule):
    code = "W1999"

    def check(self, subject):
        for step in reversed(subject.all_steps):
            yield Match(f"{step.pointer}/Arguments", step.name)
            yield Match(f"{step.pointer}/Arguments", step.name)
        yield Match("/Parameters", "top")


class Broken(Rule):
    code = "E1998"

    def check(self, subject):
        yield Match("", "before")
        raise RuntimeError("oh")


def test_findings_stand_in_the_order_of_the_document_once_with_their_innermost_step():
    found = validate(TWO_STEPS, only=[Everywhere()])
    assert [(each.step, each.pointer) for each in found] == [
        (None, "/Parameters"),
        ("A", "/Steps/0/Arguments"),
        ("C", "/Steps/1/Arguments"),
        ("B", "/Steps/1/Arguments/IfSteps/0/Arguments"),
    ]
    assert {each.severity for each in found} == {Severity.WARNING}


def test_a_rule_that_fails_is_a_finding_and_hides_no_other():
    found = validate(TWO_STEPS, only=[Broken(), Everywhere()])
    assert {each.code for each in found} == {"E1998", CRASHED, "W1999"}
    [crash] = [each for each in found if each.code == CRASHED]
    assert "E1998 failed with RuntimeError: oh" in crash.message


def test_what_is_no_json_object_is_a_finding():
    for text in ("", "[]", "{", "null", '"x"', "[" * 100_000):
        assert [each.code for each in validate(text)] == [UNREADABLE]
