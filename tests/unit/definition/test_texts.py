"""What the rules know of texts, orders and locations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.definition.document import read
from pipelines.rules._engine import validate
from pipelines.rules._subject import Subject

EXECUTION = {"Get": "Execution.PipelineExecutionId"}


def subject(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> Subject:
    document = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": list(steps)}
    definition, problems = read(document)
    return Subject(definition, json.dumps(document), problems)


def joined(*values: Any, on: str = "/") -> dict[str, Any]:
    return {"Std:Join": {"On": on, "Values": list(values)}}


def step(name: str, **members: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Training", "Arguments": {}, **members}


def training(path: Any) -> dict[str, Any]:
    return step("Train", Arguments={"OutputDataConfig": {"S3OutputPath": path}})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ({"Get": "Parameters.Data"}, "s3://bucket/data"),
        ({"Get": "Parameters.Later"}, "{Parameters.Later}"),
        (joined("s3:/", "bucket", EXECUTION), "s3://bucket/{Execution.PipelineExecutionId}"),
        (joined(1, True, 0.5, on=""), "1true0.5"),
        (
            {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
            "s3://bucket/models/{Steps.Train.TrainingJobName}/output/model.tar.gz",
        ),
        ({"Get": "Steps.Train.OutputDataConfig.S3OutputPath"}, "s3://bucket/models/"),
        ({"Get": "Steps.Train.TrainingJobName"}, "{Steps.Train.TrainingJobName}"),
        ({"Get": "Steps.Nobody.A"}, "{Steps.Nobody.A}"),
        ({"Get": 5}, None),
        (["s3://bucket"], None),
        (joined("a", ["b"]), None),
        (joined(*["long enough to matter"] * 200), None),
    ],
)
def test_a_text_is_rendered_as_far_as_it_is_known(written: Any, text: str | None) -> None:
    found = subject(
        training("s3://bucket/models/"),
        parameters=[
            {"Name": "Data", "Type": "String", "DefaultValue": "s3://bucket/data"},
            {"Name": "Later", "Type": "String"},
        ],
    )

    assert found.rendered(written) == text


def test_steps_that_take_their_paths_from_each_other_come_to_an_end() -> None:
    path = {"Get": "Steps.Train.OutputDataConfig.S3OutputPath"}

    assert subject(training(path)).rendered(path) == "{Steps.Train.OutputDataConfig.S3OutputPath}"


def test_texts_that_double_do_not_grow_without_bound() -> None:
    steps = [training("s3://bucket")]
    for number in range(60):
        before = {
            "Get": f"Steps.{'Train' if not number else f'S{number - 1}'}.OutputDataConfig.S3OutputPath"
        }
        path = {"OutputDataConfig": {"S3OutputPath": joined(before, before)}}
        steps.append(step(f"S{number}", Arguments=path))

    text = subject(*steps).rendered({"Get": "Steps.S59.OutputDataConfig.S3OutputPath"})

    assert text is not None
    assert len(text) < 2048


def test_an_expression_nested_hundreds_of_times_is_no_text() -> None:
    path: Any = "s3://bucket"
    for _ in range(250):
        path = joined(path)
    document = {"Version": "2020-12-01", "Steps": [training(path)]}

    assert not [each for each in validate(json.dumps(document)) if each.code == "E0001"]
    assert subject().rendered(path) is None


class TestOrder:
    def test_steps_come_before_what_waits_for_them_over_others(self) -> None:
        found = subject(
            step("A"), step("B", DependsOn=["A"]), step("C", DependsOn=["B"]), step("D")
        )
        a, c, d = (found.steps[name] for name in "ACD")

        assert found.order.before(a, c)
        assert not found.order.before(c, a)
        assert not found.order.may_meet(a, c)
        assert found.order.may_meet(a, d)
        assert not found.order.may_meet(a, a)

    def test_steps_of_different_branches_never_meet(self) -> None:
        inner = {
            "Name": "If2",
            "Type": "Condition",
            "Arguments": {"Conditions": [], "IfSteps": [step("A")]},
        }
        outer = {"Conditions": [], "IfSteps": [inner, step("B")], "ElseSteps": [step("C")]}
        found = subject({"Name": "If", "Type": "Condition", "Arguments": outer})
        a, b, c = (found.steps[name] for name in "ABC")

        assert found.order.exclusive(a, c)
        assert not found.order.may_meet(a, c)
        assert not found.order.exclusive(a, b)
        assert found.order.may_meet(a, b)

    def test_steps_that_wait_for_each_other_have_no_order(self) -> None:
        found = subject(step("A", DependsOn=["B"]), step("B", DependsOn=["A"]), step("C"))

        assert not found.order.may_meet(found.steps["A"], found.steps["C"])
