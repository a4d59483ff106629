from __future__ import annotations

import pytest

from pipelines.definition.check import check, near
from pipelines.definition.document import parse

STOP = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
OUT = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "out"}]}}
REPORT = {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "a.json"}


def step(name: str, *needs: str, **arguments: object) -> dict[str, object]:
    return {"Name": name, "Type": "Processing", "Arguments": arguments, "DependsOn": list(needs)}


def condition(name: str, *then: object, left: object = 1) -> dict[str, object]:
    compared = {"Type": "LessThan", "LeftValue": left, "RightValue": 2}
    arguments = {"Conditions": [compared], "IfSteps": list(then), "ElseSteps": []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def number_in(file: str) -> dict[str, object]:
    return {"Std:JsonGet": {"PropertyFile": get(file), "Path": "a"}}


def problems(*steps: object, parameters: object = ()) -> list[str]:
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}  # type: ignore[call-overload]
    return [str(problem) for problem in check(parse(document))]


def test_a_well_formed_definition_has_no_problems() -> None:
    source = {**step("A", x=get("Parameters.P"), **OUT), "PropertyFiles": [REPORT]}
    later = condition("Check", step("B", "A"), STOP, left=number_in("Steps.A.PropertyFiles.Report"))
    tags = step("C", x=get("Execution.PipelineName"), y=get("Steps.B.Arn"))
    assert problems(source, later, tags, parameters=[{"Name": "P"}]) == []


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([step("A", x=get("Parameters.Seed"))], "/Steps/0/Arguments/x: parameter 'Seed' is not declared; there are none"),
        ([step("Train"), step("B", x=get("Steps.Trian.Y"))], "/Steps/1/Arguments/x: step 'Trian' does not exist; did you mean 'Train'?"),
        ([step("A", "B")], "/Steps/0/DependsOn/0: step 'B' does not exist; known: A"),
        ([step("A"), step("A")], "/Steps/1: step name 'A' is used 2 times (/Steps/0, /Steps/1); names must be unique"),
        ([step("A"), condition("C", step("A"))], "/Steps/1/Arguments/IfSteps/0: step name 'A' is used 2 times"),
        ([STOP, step("A", "Stop")], "/Steps/1/DependsOn/0: A can not depends on Stop: nothing can follow a Fail step"),
        ([STOP, step("A", x=get("Steps.Stop.ErrorMessage"))], "/Steps/1/Arguments/x: A can not depends on Stop"),
        ([step("A", x=get("Execution.Nmae"))], "/Steps/0/Arguments/x: 'Execution.Nmae' is not an execution variable"),
        ([step("A", x=get("Nonsense"))], "/Steps/0/Arguments/x: 'Nonsense' is not a reference"),
        ([step("A", **{"a/b": [get("Nonsense")]})], "/Steps/0/Arguments/a~1b/0: 'Nonsense' is not a reference"),
        ([step("A", "B"), step("B", "A")], "/Steps: Cycle detected in pipeline step graph: "),
        ([step("A", "A")], "/Steps: Cycle detected in pipeline step graph: A -> A."),
        ([condition("C", step("A"), left=get("Steps.A.X"))], "/Steps: Cycle detected in pipeline step graph: "),
        ([step("E"), step("B", x=number_in("Steps.E.PropertyFiles.R"))], "step 'E' declares no property file 'R'; there are none"),
        (
            [{**step("E", **OUT), "PropertyFiles": [REPORT]}, step("B", x=number_in("Steps.E.PropertyFiles.Reprot"))],
            "step 'E' declares no property file 'Reprot'; did you mean 'Report'?",
        ),
    ],
)  # fmt: skip
def test_each_structural_mistake_is_found_at_its_place(steps: list[object], message: str) -> None:
    [found] = problems(*steps)
    assert message in found


def test_every_mistake_is_reported_at_once() -> None:
    wrong = step("A", "Nobody", x=get("Parameters.P"), y=get("Steps.Somebody.X"))
    found = problems(wrong, parameters=[{"Name": "Q"}, {"Name": "Q"}])
    assert [line.partition(":")[0] for line in found] == [
        "/Parameters",
        "/Steps/0/Arguments/x",
        "/Steps/0/DependsOn/0",
        "/Steps/0/Arguments/y",
    ]


def test_a_mistake_in_a_branch_is_reported_once_under_the_inner_step() -> None:
    inner = step("A", x=get("Parameters.P"))
    [found] = problems(condition("C", inner))
    assert found.startswith("/Steps/0/Arguments/IfSteps/0/Arguments/x: ")


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["house-price", "other"], "; did you mean 'house-price'?"),
        (["b", "a"], "; known: a, b"),
        ([], "; there are none"),
    ],
)
def test_an_unknown_name_gets_the_near_miss_or_what_there_is(known: list[str], hint: str) -> None:
    assert near("house-prise", known) == hint
