"""The runner with made-up executors: threads, retries, recovery; no job ever runs."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.definition.document import StepDefinition
from runtime.executors._base import (
    StepContext,
    StepExecutor,
    StepFailed,
    StepOutcome,
    StepStopped,
)
from runtime.executors._jobs import resource_name
from runtime.executors.condition import ConditionExecutor
from runtime.executors.for_each import ForEachExecutor
from runtime.runner import ABANDONED, Runner
from runtime.step_runner import Engine
from runtime.storage.memory_records import MemoryRecords

Behaviour = Callable[[StepDefinition, StepContext], StepOutcome]
SECONDS = 30


class Scripted(StepExecutor):
    """Does what the test says for each step; a step it says nothing of succeeds."""

    step_type = "Training"

    def __init__(self) -> None:
        self.behaviour: dict[str, Behaviour] = {}
        self.order: list[str] = []

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        self.order.append(step.name)
        behaviour = self.behaviour.get(step.name)
        return behaviour(step, context) if behaviour else StepOutcome({"Name": step.name})


class Instant(Scripted):
    step_type = "Model"
    instant = True


class NoApi:
    def call(self, operation: str, request: Any) -> dict[str, Any]:
        raise AssertionError(f"{operation} was called")


class Bench:
    """A runner over memory."""

    def __init__(self, records: MemoryRecords | None = None) -> None:
        self.records = records or MemoryRecords()
        self.steps = Scripted()
        self.instant = Instant()
        executors = {
            "Training": self.steps,
            "Model": self.instant,
            "Condition": ConditionExecutor(),
        }
        executors |= {"ForEach": ForEachExecutor()}
        engine = Engine(self.records, None, NoApi(), executors, lambda *_: None, None)  # type: ignore[arg-type]
        self.runner = Runner(engine)

    def add(self, *steps: dict[str, Any], **execution: Any) -> str:
        definition = {"Version": "2020-12-01", "Steps": list(steps)}
        self.records.insert(
            "ExecutionDefinition", "e1", {"PipelineDefinition": json.dumps(definition)}
        )
        document = {
            "PipelineName": "p",
            "PipelineArn": "arn:p",
            "PipelineExecutionArn": "arn:p/execution/e1",
            "PipelineExecutionStatus": "Executing",
            "CreationTime": 1.0,
            "ResolvedParameters": {},
            **execution,
        }
        self.records.insert("Execution", "e1", document)
        return "e1"

    def run(self, *steps: dict[str, Any], **execution: Any) -> dict[str, Any]:
        self.runner.start(self.add(*steps, **execution))
        return self.ended()

    def ended(self) -> dict[str, Any]:
        assert self.runner.wait("e1", SECONDS)
        document = self.records.get("Execution", "e1")
        assert document
        return document

    def step(self, name: str) -> dict[str, Any]:
        document = self.records.get("Step", f"e1/{name}")
        assert document
        return document


@pytest.fixture
def bench() -> Bench:
    return Bench()


def step(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Training", "Arguments": {}, "DependsOn": list(after), **more}


def test_independent_steps_run_at_the_same_time(bench: Bench) -> None:
    together = threading.Barrier(3, timeout=SECONDS)

    def meet(step: StepDefinition, context: StepContext) -> StepOutcome:
        together.wait()
        return StepOutcome()

    bench.steps.behaviour = dict.fromkeys(("A", "B", "C"), meet)
    ended = bench.run(step("A"), step("B"), step("C"))
    assert ended["PipelineExecutionStatus"] == "Succeeded"


def test_the_parallelism_of_the_execution_is_kept(bench: Bench) -> None:
    running, most = threading.Semaphore(1), []

    def alone(step: StepDefinition, context: StepContext) -> StepOutcome:
        most.append(running.acquire(blocking=False))
        running.release()
        return StepOutcome()

    bench.steps.behaviour = dict.fromkeys("ABCD", alone)
    limit = {"MaxParallelExecutionSteps": 1}
    bench.run(*(step(name) for name in "ABCD"), ParallelismConfiguration=limit)
    assert most == [True] * 4


def test_a_failure_is_recorded_and_its_followers_are_not(bench: Bench) -> None:
    def fail(step: StepDefinition, context: StepContext) -> StepOutcome:
        raise StepFailed("ClientError: no " + "x" * 2000, metadata={"TrainingJob": {"Arn": "a"}})

    bench.steps.behaviour["A"] = fail
    ended = bench.run(step("A"), step("B", "A"))
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert bench.step("A")["StepStatus"] == "Failed"
    assert len(bench.step("A")["FailureReason"]) == 1024
    assert bench.step("A")["Metadata"] == {"TrainingJob": {"Arn": "a"}}
    assert bench.records.get("Step", "e1/B") is None


def test_a_bug_in_an_executor_fails_the_step_and_not_the_runner(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(step: StepDefinition, context: StepContext) -> StepOutcome:
        raise ZeroDivisionError("oops")

    bench.steps.behaviour["A"] = bug
    assert bench.run(step("A"))["PipelineExecutionStatus"] == "Failed"
    assert bench.step("A")["FailureReason"] == "InternalServerError: ZeroDivisionError: oops"
    assert "oops" in caplog.text


class BrokenRecords(MemoryRecords):
    """Refuses the writes a test names, as a database on a full disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[tuple[str, str]] = set()

    def put(self, kind: str, key: str, document: dict[str, Any]) -> None:
        self._check(kind, key)
        super().put(kind, key, document)

    def update(self, kind: str, key: str, change: Any) -> dict[str, Any]:
        self._check(kind, key)
        return super().update(kind, key, change)

    def _check(self, kind: str, key: str) -> None:
        if (kind, key) in self.refused:
            raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize("kind", ["end", "start"])
def test_a_write_that_fails_ends_the_execution_and_stops_what_runs(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    records = BrokenRecords()
    bench = Bench(records)
    stopped = threading.Event()

    def wait(step: StepDefinition, context: StepContext) -> StepOutcome:
        assert context.stop.wait(SECONDS)
        stopped.set()
        raise StepStopped

    def fill_the_disk(step: StepDefinition, context: StepContext) -> StepOutcome:
        records.refused.add(("Step", "e1/A" if kind == "end" else "e1/B"))
        return StepOutcome()

    bench.steps.behaviour = {"A": fill_the_disk}
    if kind == "start":
        bench.steps.behaviour["Slow"] = wait
    ended = bench.run(step("A"), step("Slow"), step("B", "A"))
    assert ended["PipelineExecutionStatus"] == "Failed"
    assert stopped.is_set() is (kind == "start")
    assert "disk is full" in caplog.text
    assert records.get("Step", "e1/B") is None


def test_an_end_that_cannot_be_recorded_is_logged_and_left_to_the_next_runtime(
    caplog: pytest.LogCaptureFixture,
) -> None:
    records = BrokenRecords()
    bench = Bench(records)
    bench.add(step("A"))
    records.refused.add(("Execution", "e1"))
    bench.runner.start("e1")
    assert bench.ended()["PipelineExecutionStatus"] == "Executing"
    assert "cannot be recorded" in caplog.text
    records.refused.clear()
    bench.runner.recover()
    assert bench.ended()["FailureReason"] == ABANDONED


def failing_at_first(times: int, exception_type: str | None) -> Behaviour:
    left = [times]

    def run(step: StepDefinition, context: StepContext) -> StepOutcome:
        if left[0]:
            left[0] -= 1
            raise StepFailed("ClientError: later", exception_type=exception_type)
        return StepOutcome()

    return run


POLICY = {
    "ExceptionType": ["SageMaker.RESOURCE_LIMIT"],
    "IntervalSeconds": 0,
    "BackoffRate": 1.0,
    "MaxAttempts": 2,
}


@pytest.mark.parametrize(
    ("failures", "status", "attempts"), [(2, "Succeeded", 3), (3, "Failed", 3)]
)
def test_a_retry_policy_gives_more_attempts(
    failures: int, status: str, attempts: int, bench: Bench
) -> None:
    bench.steps.behaviour["A"] = failing_at_first(failures, "SageMaker.RESOURCE_LIMIT")
    bench.run(step("A", RetryPolicies=[POLICY]))
    assert bench.step("A")["StepStatus"] == status
    assert bench.step("A")["AttemptCount"] == attempts


def test_without_a_policy_for_it_the_reason_says_so(bench: Bench) -> None:
    bench.steps.behaviour["A"] = failing_at_first(1, "SageMaker.RESOURCE_LIMIT")
    bench.run(step("A"))
    reason = bench.step("A")["FailureReason"]
    assert reason.endswith(
        "No retry policy configured for the exception type SAGEMAKER_RESOURCE_LIMIT."
    )
    assert "StepId A." in reason


@pytest.mark.parametrize("kind", ["Training", "Model"])
def test_stop_interrupts_the_pause_between_attempts(kind: str, bench: Bench) -> None:
    failed = threading.Event()

    def fail(step: StepDefinition, context: StepContext) -> StepOutcome:
        failed.set()
        raise StepFailed("ClientError: later", exception_type="SageMaker.RESOURCE_LIMIT")

    bench.steps.behaviour["A"] = bench.instant.behaviour["A"] = fail
    patient = {**POLICY, "IntervalSeconds": 10_000}
    bench.runner.start(bench.add(step("A", Type=kind, RetryPolicies=[patient])))
    assert failed.wait(SECONDS)
    bench.runner.stop("e1")
    assert bench.ended()["PipelineExecutionStatus"] == "Stopped"
    assert bench.step("A")["StepStatus"] == "Stopped"


def test_close_stops_what_runs_and_waits_for_it(bench: Bench) -> None:
    running = threading.Event()

    def wait(step: StepDefinition, context: StepContext) -> StepOutcome:
        running.set()
        assert context.stop.wait(SECONDS)
        raise StepStopped

    bench.steps.behaviour["A"] = wait
    bench.runner.start(bench.add(step("A")))
    assert running.wait(SECONDS)
    bench.runner.close()
    assert bench.ended()["PipelineExecutionStatus"] == "Stopped"
    with pytest.raises(RuntimeError, match="closing"):
        bench.runner.start("e1")


def test_what_a_dead_process_left_running_ends_with_a_reason(bench: Bench) -> None:
    bench.add(step("A"), step("B"))
    bench.records.put("Step", "e1/A", {"StepName": "A", "StepStatus": "Executing"})
    bench.records.put("Step", "e1/B", {"StepName": "B", "StepStatus": "Succeeded"})
    bench.runner.recover()
    ended = bench.ended()
    assert (ended["PipelineExecutionStatus"], ended["FailureReason"]) == ("Failed", ABANDONED)
    assert bench.step("A")["FailureReason"] == ABANDONED
    assert bench.step("B")["StepStatus"] == "Succeeded"


def test_a_long_chain_of_instant_steps_runs_through(bench: Bench) -> None:
    def check(index: int) -> dict[str, Any]:
        left: Any = {"Get": f"Steps.C{index - 1}.Outcome"} if index else True
        condition = {"Type": "Equals", "LeftValue": left, "RightValue": True}
        arguments = {"Conditions": [condition], "IfSteps": [], "ElseSteps": []}
        return {"Name": f"C{index}", "Type": "Condition", "Arguments": arguments}

    ended = bench.run(*(check(index) for index in range(200)))
    assert ended["PipelineExecutionStatus"] == "Succeeded"
    starts = [bench.step(f"C{index}")["StartTime"] for index in range(200)]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("step_name", "longest", "middle"),
    [
        ("Train", 63, "Train"),
        ("Train_It", 63, "Train-It"),
        ("__", 63, ""),
        ("A" * 64, 63, "A" * 29),
        ("TuneXGBoost", 32, "TuneXGBo"),
        ("-Tu_-_-ne-", 32, "Tu-ne"),
    ],
)
def test_job_names_are_legal_and_fit(step_name: str, longest: int, middle: str) -> None:
    name = resource_name("abcdef123456", step_name, longest)
    assert len(name) <= longest
    assert "--" not in name
    start, _, end = name.rpartition("-")
    prefix = "pipelines-abcdef123456" if longest == 63 else "abcdef123456"
    assert start == "-".join(part for part in (prefix, middle) if part)
    assert len(end) == 10
    assert end.isalnum()


def test_names_differ(tmp_path: Path) -> None:
    assert len({resource_name("abcdef123456", "Train") for _ in range(100)}) == 100
