"""Start, stop, retry, run from here: by the forms of the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runtime.ui import links

_PREFIX = "/_studio/pipelines/"


def arn_of(studio: Any, location: str) -> str:
    name, _, execution = location.removeprefix(_PREFIX).partition("/executions/")
    pipeline = studio.call("DescribePipeline", PipelineName=name)["PipelineArn"]
    return f"{pipeline}/execution/{execution}"


def test_a_start_sends_what_differs_from_the_defaults(studio: Any, failed: str) -> None:
    form = studio.get(links.start("nightly"))
    fields = {
        values["name"]: values
        for tag, values in studio.elements(form.text).tags
        if tag in ("input", "select") and "name" in values
    }
    assert fields["parameter.Rows"]["inputmode"] == "numeric"
    assert "required" in fields["parameter.Rate"]
    answer = studio.post(
        links.start("nightly"),
        token=form.token,
        display_name="from-the-studio",
        **{"parameter.Rows": "5", "parameter.Fast": "false", "parameter.Rate": "2.5e-1"},
    )
    assert answer.status == 303
    arn = arn_of(studio, answer.headers["location"])
    given = studio.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn)
    assert {each["Name"]: each["Value"] for each in given["PipelineParameters"]} == {
        "Fast": "false",
        "Rate": "2.5e-1",
    }
    described = studio.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert described["PipelineExecutionDisplayName"] == "from-the-studio"
    studio.ended(arn)


def test_wrong_values_are_told_at_their_fields_and_nothing_starts(studio: Any, failed: str) -> None:
    before = studio.call("ListPipelineExecutions", PipelineName="nightly")
    token = studio.get(links.start("nightly")).token
    values = {"parameter.Rows": "1.5", "parameter.Mode": "c", "parameter.Rate": ""}
    page = studio.post(links.start("nightly"), token=token, **values)
    plain = studio.elements(page.text).plain
    assert page.status == 400
    assert "Expected Integer but found '1.5'" in plain
    assert "allowed are a, b" in plain
    assert "A value is needed" in plain
    assert 'value="1.5"' in page.text
    assert studio.call("ListPipelineExecutions", PipelineName="nightly") == before


def test_a_refusal_of_the_service_is_shown_with_the_form(studio: Any, failed: str) -> None:
    token = studio.get(links.start("nightly")).token
    page = studio.post(
        links.start("nightly"), token=token, display_name="no blanks!", **{"parameter.Rate": "1"}
    )
    assert page.status == 400
    assert "It was not started" in page.text
    assert "pipelineExecutionDisplayName" in page.text
    assert 'value="no blanks!"' in page.text


def test_an_execution_is_started_again_with_its_values(studio: Any, failed: str) -> None:
    page = studio.get(links.start("nightly", like=failed.rpartition("/")[2]))
    assert 'value="0.5"' in page.text


def test_a_running_execution_is_stopped(
    studio: Any, running: tuple[str, Path], page_of: Callable[..., str]
) -> None:
    arn, _ = running
    page = studio.get(page_of(arn))
    answer = studio.post(links.act(arn, "stop"), token=page.token)
    assert (answer.status, answer.headers["location"]) == (303, page_of(arn))
    assert studio.ended(arn) == "Stopped"
    again = studio.post(links.act(arn, "stop"), token=page.token)
    assert again.status == 400
    assert "only a running one can be stopped" in again.text


def test_a_failed_execution_is_retried(
    studio: Any, tmp_path: Path, page_of: Callable[..., str]
) -> None:
    gate = tmp_path / "ok"
    code = f"import pathlib, sys\nsys.exit(0 if pathlib.Path({str(gate)!r}).exists() else 3)\n"
    studio.create("flaky", studio.model("Before"), studio.script("Flaky", code, "Before"))
    arn = studio.run("flaky")
    page = studio.get(page_of(arn))
    assert "Retry" in page.text
    gate.touch()
    assert studio.post(links.act(arn, "retry"), token=page.token).status == 303
    assert studio.ended(arn) == "Succeeded"


def test_from_a_step_on_only_what_follows_runs(studio: Any, page_of: Callable[..., str]) -> None:
    studio.create(
        "long", studio.model("A"), studio.model("B", "A"), studio.model("C", "B"), studio.model("X")
    )
    source = studio.run("long")
    words = {"like": source.rpartition("/")[2], "from_": "B"}
    page = studio.get(links.start("long", **words))
    plain = studio.elements(page.text).plain
    assert "2 steps will run: B, C." in plain
    assert "come the results of A." in plain
    form = {"like": words["like"], "from": "B"}
    answer = studio.post(links.start("long"), token=page.token, **form)
    arn = arn_of(studio, answer.headers["location"])
    assert studio.ended(arn) == "Succeeded"
    shown = studio.elements(studio.get(page_of(arn)).text).plain
    assert "1 reused" in shown
    listed = studio.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)
    ran = [
        step["StepName"]
        for step in listed["PipelineExecutionSteps"]
        if "SelectiveExecutionResult" not in step
    ]
    assert sorted(ran) == ["B", "C"]
    assert studio.get(links.start("long", like=words["like"], from_="Z")).status == 404
