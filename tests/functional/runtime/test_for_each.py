"""ForEach steps: children by item, how many at once, what becomes of their results."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:{}"
CODE = """
def double(event, context):
    if event.get('fail') == 'true' and event['item'] == 'b':
        raise ValueError('no b')
    return {'size': len(str(event['item'])) * 2, 'item': str(event['item'])}

def add(event, context):
    return {'total': event['size'] + 1}
"""
NUMBERS = itertools.count()
SIZE = {"OutputName": "size", "OutputType": "Integer"}
ITEM = {"OutputName": "item", "OutputType": "String"}
TOTAL = {"OutputName": "total", "OutputType": "Integer"}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


@pytest.fixture(scope="module", autouse=True)
def functions(local: Any) -> None:
    folder: Path = local.runtime.directory
    (folder / "each.py").write_text(CODE)
    (folder / "functions.toml").write_text(
        '[functions]\ndouble = "each.py:double"\nadd = "each.py:add"\n'
    )


def call(name: str, function: str, *outputs: dict[str, str], **arguments: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": ARN.format(function),
        "Arguments": arguments,
        "OutputParameters": list(outputs),
    }


def each(items: Any, *body: dict[str, Any], **more: Any) -> dict[str, Any]:
    arguments = {"IterableItems": items, "MaxConcurrency": 2, "ForEachBody": list(body), **more}
    return {"Name": "Each", "Type": "ForEach", "Arguments": arguments}


def told(*paths: str) -> dict[str, Any]:
    values = [get(f"Steps.Each.{path}") for path in paths]
    message = {"Std:Join": {"On": " ", "Values": values}}
    return {"Name": "Told", "Type": "Fail", "Arguments": {"ErrorMessage": message}}


ADD = call("Add", "add", TOTAL, size=get("Steps.Double.OutputParameters['size']"))


def double(item: Any = None, **more: Any) -> dict[str, Any]:
    return call("Double", "double", SIZE, ITEM, item=item or get("ForEach.CurrentItem"), **more)


def test_every_item_runs_every_step_of_the_body(local: Any) -> None:
    selector = {"Pick": "MaxBy", "Field": get("IterationOutput.Add.OutputParameters['total']")}
    step = each(["a", "bcd", get("Parameters.Third")], ADD, double(), Selector=selector)
    name = local.pipeline(
        "each",
        step,
        told(
            "Status",
            "InputItemCount",
            "SucceededStepCount",
            "IterationOutputs[2].Double.OutputParameters['size']",
            "Selected.OutputParameters['total']",
        ),
        Parameters=[{"Name": "Third", "DefaultValue": "ef"}],
    )
    execution = local.start(name)
    local.finished(execution)
    steps = local.steps(execution)
    assert steps["Told"]["FailureReason"] == "Succeeded 3 6 4 7"
    assert steps["Each"]["Metadata"]["ForEach"] == {
        "Status": "Succeeded",
        "InputItemCount": 3,
        "TotalStepCount": 6,
        "SucceededStepCount": 6,
        "FailedStepCount": 0,
        "StoppedStepCount": 0,
        "Selector": {"StepName": "Add", "Index": 1},
    }
    children = {f"{body}-{index}" for body in ("Double", "Add") for index in range(3)}
    assert set(steps) == {"Each", "Told", *children}
    context = {"ParentStepName": "Each", "Index": 1, "Item": "bcd"}
    assert steps["Add-1"]["IterationContext"] == context


@pytest.mark.parametrize(
    ("items", "item", "sizes"),
    [
        ('["x", "yz"]', get("ForEach.CurrentItem"), "2 4"),
        ('[{"word": "xyz"}, {"word": "z"}]', get("ForEach.CurrentItem.word"), "6 2"),
        (['{"deep": {"word": ["q"]}}', '{"deep": {"word": ["rs"]}}'], get("ForEach.CurrentItem['deep'].word[0]"), "2 4"),
        ([10, True], get("ForEach.CurrentItem"), "4 8"),
    ],
)  # fmt: skip
def test_items_come_as_a_list_or_as_the_text_of_one(
    local: Any, items: Any, item: Any, sizes: str
) -> None:
    given = get("Parameters.Items") if isinstance(items, str) else items
    default = items if isinstance(items, str) else "[]"
    name = local.pipeline(
        f"items{next(NUMBERS)}",
        each(given, double(item)),
        told(*(f"IterationOutputs[{i}].Double.OutputParameters['size']" for i in range(2))),
        Parameters=[{"Name": "Items", "DefaultValue": default}],
    )
    execution = local.start(name)
    local.finished(execution)
    assert local.steps(execution)["Told"]["FailureReason"] == sizes


def test_a_failed_child_fails_the_step_after_the_others_ended(local: Any) -> None:
    step = each(["a", "b", "c"], double(fail=get("Parameters.Fail")), ADD)
    parameters = [{"Name": "Fail", "DefaultValue": "true"}]
    execution = local.start(local.pipeline("failing", step, Parameters=parameters))
    assert local.finished(execution)["PipelineExecutionStatus"] == "Failed"
    steps = local.steps(execution)
    assert steps["Double-1"]["FailureReason"].endswith("ValueError: no b")
    assert "Add-1" not in steps
    assert steps["Add-2"]["StepStatus"] == "Succeeded"
    assert steps["Each"]["FailureReason"] == (
        "ClientError: One or multiple child steps failed: Double-1."
    )
    counts = steps["Each"]["Metadata"]["ForEach"]
    assert (counts["Status"], counts["FailedStepCount"], counts["SucceededStepCount"]) == (
        "Failed",
        1,
        4,
    )
    before = steps["Add-0"]["EndTime"]
    code = local.runtime.directory / "each.py"
    code.write_text(CODE.replace("== 'b'", "== 'never'"))
    local.call(
        "RetryPipelineExecution", PipelineExecutionArn=execution, ClientRequestToken="t" * 32
    )
    assert local.finished(execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = local.steps(execution)
    assert steps["Add-1"]["StepStatus"] == "Succeeded"
    assert steps["Add-0"]["EndTime"] == before  # it had succeeded: not run again
    code.write_text(CODE)


def test_items_that_are_no_list_fail_the_step(local: Any) -> None:
    step = each(get("Parameters.Items"), double())
    parameters = [{"Name": "Items", "DefaultValue": "a, b"}]
    execution = local.start(local.pipeline("no-list", step, Parameters=parameters))
    local.finished(execution)
    assert local.steps(execution)["Each"]["FailureReason"].startswith(
        "ClientError: IterableItems must be a list"
    )


def test_no_items_succeed(local: Any) -> None:
    step = each(get("Parameters.Items"), double())
    parameters = [{"Name": "Items", "DefaultValue": "[]"}]
    execution = local.start(local.pipeline("none", step, Parameters=parameters))
    assert local.finished(execution)["PipelineExecutionStatus"] == "Succeeded"


def test_a_stop_reaches_the_children(local: Any) -> None:
    request = local.processing("import signal\nsignal.pause()")
    step = each(["a", "b", "c"], {"Name": "Wait", "Type": "Processing", "Arguments": request})
    execution = local.start(local.pipeline("stopped-each", step))

    def two() -> bool:
        steps = local.steps(execution)
        return all(steps.get(f"Wait-{i}", {}).get("Metadata") for i in range(2))

    local.wait_for(two)
    assert "Wait-2" not in local.steps(execution)
    local.call("StopPipelineExecution", PipelineExecutionArn=execution, ClientRequestToken="t" * 32)
    assert local.finished(execution)["PipelineExecutionStatus"] == "Stopped"
    steps = local.steps(execution)
    assert [steps[name]["StepStatus"] for name in ("Each", "Wait-0", "Wait-1")] == ["Stopped"] * 3
    assert "Wait-2" not in steps
