"""Carries out what the state of each execution says, feeds back what happened, and records both.

One thread per execution handles its events in order; one thread per running step, except for instant steps.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Collection

from pipelines.definition.document import parse
from runtime.clock import iso, now
from runtime.executors._base import StepExecutor
from runtime.expressions import Scope
from runtime.state import (
    Event,
    ExecutionStarted,
    ExecutionState,
    ExecutionStatus,
    FinishExecution,
    Instruction,
    LimitChanged,
    StartStep,
    StepStatus,
    StepSucceeded,
    StopRequested,
    StopStep,
)
from runtime.step_runner import Engine, ExecutionIdentity, StepRunner, step_key
from runtime.storage._base import Document

logger = logging.getLogger(__name__)
ABANDONED = (
    "The local runtime ended while this was running. RetryPipelineExecution continues the execution "
    "from the steps that had succeeded."
)


class Runner:
    """The executions that run in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._running: dict[str, _Execution] = {}
        self._closed = False

    def start(self, execution_id: str) -> None:
        """Run the execution recorded under this id; steps recorded as succeeded are not run again."""
        execution = _Execution(self._engine, execution_id, self._ended)
        with self._lock:
            if self._closed:
                raise RuntimeError("the runtime is closing; no execution can be started")
            self._running[execution_id] = execution
            # Inside the lock: nobody may find a thread that cannot be waited for yet.
            execution.thread.start()

    def stop(self, execution_id: str) -> None:
        """Ask a running execution to stop; nothing when it has ended."""
        self._post(execution_id, StopRequested())

    def limit(self, execution_id: str, limit: int | None) -> None:
        """Change how many steps of a running execution may run at once."""
        self._post(execution_id, LimitChanged(limit))

    def wait(self, execution_id: str, seconds: float | None = None) -> bool:
        """Wait for the end of an execution; whether it has ended."""
        with self._lock:
            execution = self._running.get(execution_id)
        if execution is None:
            return True
        execution.thread.join(seconds)
        return not execution.thread.is_alive()

    def stop_all(self) -> None:
        """Ask every execution to stop, and start none from now on."""
        with self._lock:
            self._closed = True
            for execution in self._running.values():
                execution.post(StopRequested())

    def close(self) -> None:
        """Stop every execution and wait for their ends. Idempotent."""
        self.stop_all()
        with self._lock:
            executions = list(self._running.values())
        for execution in executions:
            execution.thread.join()

    def recover(self) -> None:
        """End what a process that died left as running, so that it can be retried."""
        for document in self._engine.records.list("Execution"):
            if ExecutionStatus(document["PipelineExecutionStatus"]).is_finished():
                continue
            execution_id = document["PipelineExecutionArn"].rpartition("/")[2]
            self._abandon_steps(execution_id)
            _finish_execution(self._engine, execution_id, ExecutionStatus.FAILED, ABANDONED)

    def _abandon_steps(self, execution_id: str) -> None:
        ended = {"StepStatus": StepStatus.FAILED, "EndTime": now(), "FailureReason": ABANDONED}
        for step in self._engine.records.list("Step", f"{execution_id}/"):
            if not StepStatus(step["StepStatus"]).is_finished():
                key = step_key(execution_id, step["StepName"])
                self._engine.records.update("Step", key, lambda document: {**document, **ended})

    def _post(self, execution_id: str, event: Event) -> None:
        with self._lock:
            execution = self._running.get(execution_id)
        if execution:
            execution.post(event)

    def _ended(self, execution: _Execution) -> None:
        with self._lock:
            # A retry may have put another one in its place.
            if self._running.get(execution.id) is execution:
                del self._running[execution.id]


class _Execution:
    """One running execution: its thread is the only one that touches the state."""

    def __init__(
        self, engine: Engine, execution_id: str, ended: Callable[[_Execution], None]
    ) -> None:
        self._engine = engine
        self.id = execution_id
        self._ended = ended
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        document = _required(engine, "Execution", execution_id)
        source = _required(engine, "ExecutionDefinition", execution_id)
        self._definition = parse(source["PipelineDefinition"])
        self._steps = {step.name: step for step in self._definition.steps}
        limit = document.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
        self._state = ExecutionState(self._definition, limit)
        self._identity = ExecutionIdentity(
            execution_id, document["PipelineExecutionArn"], document["PipelineName"]
        )
        self._selected = _selected(document)
        self._properties: dict[str, Document] = {}
        self._scope = Scope(
            self._definition,
            engine.objects,
            document["ResolvedParameters"],
            _variables(document, execution_id),
            document.get("ResolvedExperimentConfig", {}),
            self._properties,
        )
        self._started: dict[str, StepRunner] = {}
        self._threads: list[threading.Thread] = []
        self._last_start = 0.0
        self.thread = threading.Thread(target=self._run, name=f"execution-{execution_id}")
        self.thread.daemon = True

    def post(self, event: Event) -> None:
        self._events.put(event)

    def _run(self) -> None:
        try:
            event: Event = ExecutionStarted(self._done(), self._selected)
            while not self._handle(event):
                event = self._events.get()
        except Exception as error:
            logger.exception("execution %s", self._identity.arn)
            self._abort(f"InternalServerError: {type(error).__name__}: {error}")
        finally:
            self._ended(self)

    def _abort(self, reason: str) -> None:
        """End after a bug of ours or a write that failed: nothing may run on, or seem to run for ever."""
        for runner in self._started.values():
            runner.stop.request()
        for thread in self._threads:
            thread.join()
        try:
            _finish_execution(self._engine, self.id, ExecutionStatus.FAILED, reason)
        except Exception:
            logger.exception(
                "the end of execution %s cannot be recorded; the next runtime of this directory ends it",
                self._identity.arn,
            )

    def _done(self) -> dict[str, bool | None]:
        """Steps with a result from before: a retry's own, a selective execution's reused ones."""
        done: dict[str, bool | None] = {}
        for record in self._engine.records.list("Step", f"{self.id}/"):
            if record["StepStatus"] == StepStatus.SUCCEEDED:
                self._properties[record["StepName"]] = record.get("Properties", {})
                done[record["StepName"]] = record.get("Outcome")
        return done

    def _handle(self, event: Event) -> bool:
        """Let the state decide and do what it says, the ends of instant steps included; True at the end."""
        events = deque([event])
        while events:
            for instruction in self._state.handle(events.popleft()):
                if isinstance(instruction, FinishExecution):
                    self._finish(instruction)
                    return True
                follow_up = self._carry_out(instruction)
                if follow_up:
                    events.append(follow_up)
        return False

    def _carry_out(self, instruction: Instruction) -> Event | None:
        if isinstance(instruction, StopStep):
            self._show_stopping(instruction.name)
            self._started[instruction.name].stop.request()
        elif isinstance(instruction, StartStep):
            return self._start_step(instruction.name)
        return None

    def _start_step(self, name: str) -> Event | None:
        step = self._steps[name]
        # No two steps start at once, so that the listing by time is in the order of their starts.
        self._last_start = max(now(), round(self._last_start + 0.001, 3))
        runner = StepRunner(self._engine, self._identity, step, self._scope)
        self._started[name] = runner
        runner.open(self._last_start)
        # Between two attempts a step waits, which this thread cannot: it has to hear a stop.
        if self._executor(name).instant and not step.retry_policies:
            return self._run_step(name, runner)
        thread = threading.Thread(
            target=lambda: self.post(self._run_step(name, runner)), name=f"step-{name}", daemon=True
        )
        thread.start()
        self._threads.append(thread)
        return None

    def _run_step(self, name: str, runner: StepRunner) -> Event:
        event = runner.run()
        if isinstance(event, StepSucceeded):
            self._properties[name] = runner.properties
        return event

    def _executor(self, name: str) -> StepExecutor:
        return self._engine.executors[self._steps[name].type]

    def _show_stopping(self, name: str) -> None:
        def stopping(document: Document) -> Document:
            if StepStatus(document["StepStatus"]).is_finished():
                return document
            return {**document, "StepStatus": StepStatus.STOPPING}

        self._engine.records.update("Step", step_key(self.id, name), stopping)

    def _finish(self, instruction: FinishExecution) -> None:
        _finish_execution(self._engine, self.id, instruction.status, instruction.reason)


def _finish_execution(
    engine: Engine, execution_id: str, status: ExecutionStatus, reason: str | None
) -> None:
    def finished(document: Document) -> Document:
        ended = {**document, "PipelineExecutionStatus": status, "LastModifiedTime": now()}
        return {**ended, "FailureReason": reason} if reason else ended

    engine.records.update("Execution", execution_id, finished)


def _required(engine: Engine, kind: str, key: str) -> Document:
    document = engine.records.get(kind, key)
    if document is None:
        raise KeyError(f"there is no {kind} '{key}'")
    return document


def _selected(document: Document) -> Collection[str] | None:
    config = document.get("SelectiveExecutionConfig")
    return [entry["StepName"] for entry in config["SelectedSteps"]] if config else None


def _variables(document: Document, execution_id: str) -> dict[str, str]:
    return {
        "StartDateTime": iso(document["CreationTime"]),
        "PipelineName": document["PipelineName"],
        "PipelineArn": document["PipelineArn"],
        "PipelineExecutionId": execution_id,
        "PipelineExecutionArn": document["PipelineExecutionArn"],
    }
