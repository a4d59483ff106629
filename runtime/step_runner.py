"""Runs one step to its end: attempts, cache, and the record that ListPipelineExecutionSteps shows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.definition.caching import cache_key
from pipelines.definition.document import StepDefinition
from runtime.api import Api
from runtime.caching import StepCache
from runtime.clock import iso, now
from runtime.executors._base import (
    Document,
    StepContext,
    StepExecutor,
    StepFailed,
    StepOutcome,
    StepStopped,
)
from runtime.expressions import Scope
from runtime.outside import Outside
from runtime.owner import OWNER
from runtime.retries import policy_for
from runtime.state import StepFailed as Failed
from runtime.state import StepStatus, StepSucceeded
from runtime.state import StepStopped as Stopped
from runtime.stop import StopSignal
from runtime.storage._base import Objects, Records

logger = logging.getLogger(__name__)
_LONGEST_REASON = 1024


@dataclass(frozen=True)
class Engine:
    """What running needs; `wait(kind, name)` returns when that job has ended."""

    records: Records
    objects: Objects
    api: Api
    executors: Mapping[str, StepExecutor]
    wait: Callable[[str, str], None]
    outside: Outside


@dataclass(frozen=True)
class ExecutionIdentity:
    id: str
    arn: str
    pipeline: str


def step_key(execution_id: str, step: str) -> str:
    return f"{execution_id}/{step}"


class StepRunner:
    """One step of one execution, once: `open` its record, then `run` it.

    `run` returns the event that tells the state how the step ended.
    """

    def __init__(
        self, engine: Engine, identity: ExecutionIdentity, step: StepDefinition, scope: Scope
    ) -> None:
        self._engine = engine
        self._identity = identity
        self._step = step
        self._scope = scope
        self._cache = StepCache(engine.records)
        self._cache_key: str | None = None
        self._started = 0.0
        self._attempts = 1
        self.stop = StopSignal()
        self.properties: Document = {}
        # Set for a step in the body of a ForEach.
        self.iteration: Document | None = None

    def run_as_child(self) -> StepStatus:
        """Open and run; a child that a retry finds succeeded with the same item is not run again."""
        record = self._engine.records.get("Step", step_key(self._identity.id, self._step.name))
        if (
            record
            and record["StepStatus"] == StepStatus.SUCCEEDED
            and record.get("IterationContext") == self.iteration
        ):
            self.properties = record.get("Properties", {})
            return StepStatus.SUCCEEDED
        self.open(now())
        ended = self.run()
        if isinstance(ended, StepSucceeded):
            return StepStatus.SUCCEEDED
        return StepStatus.FAILED if isinstance(ended, Failed) else StepStatus.STOPPED

    def open(self, started: float) -> None:
        """Record that the step started, at this time."""
        self._started = started
        document: Document = {
            "StepName": self._step.name,
            "StartTime": self._started,
            "StepStatus": StepStatus.EXECUTING,
            "Metadata": {},
            "AttemptCount": 1,
        }
        if self._step.display_name:
            document["StepDisplayName"] = self._step.display_name
        if self._step.description:
            document["StepDescription"] = self._step.description
        if self.iteration:
            document["IterationContext"] = self.iteration
        self._engine.records.put("Step", step_key(self._identity.id, self._step.name), document)

    def run(self) -> StepSucceeded | Failed | Stopped:
        OWNER.set(self._identity.arn)
        try:
            return self._run()
        except Exception as error:
            # The record could not be written, a full disk for one: whoever waits for the step must hear of its end.
            logger.exception("the end of step %s of %s", self._step.name, self._identity.arn)
            return Failed(self._step.name, f"InternalServerError: {type(error).__name__}: {error}")

    def _run(self) -> StepSucceeded | Failed | Stopped:
        try:
            outcome = self._attempt_until_done()
        except StepStopped as stopped:
            self._finish(StepStatus.STOPPED, Metadata=stopped.metadata)
            return Stopped(self._step.name)
        except StepFailed as failed:
            return self._failed(failed.reason, failed.metadata)
        except Exception as error:
            # A bug of ours must end the step, not the thread that everybody waits for.
            logger.exception("step %s of %s", self._step.name, self._identity.arn)
            return self._failed(f"InternalServerError: {type(error).__name__}: {error}", {})
        self._succeeded(outcome)
        return StepSucceeded(self._step.name, outcome.outcome)

    def _attempt_until_done(self) -> StepOutcome:
        executor = self._engine.executors[self._step.type]
        while True:
            if self.stop.requested:
                raise StepStopped
            try:
                return executor.run(self._step, self._context())
            except StepFailed as failed:
                self._wait_for_next_attempt(failed)

    def _wait_for_next_attempt(self, failed: StepFailed) -> None:
        """Return when another attempt is due; raise what the step ends with when there is none."""
        kind = failed.exception_type
        policy = policy_for(self._step.retry_policies, kind)
        if policy is None and kind:
            failed.reason += (
                f"\nRetry not appropriate on execution of step with PipelineExecutionArn "
                f"{self._identity.arn} and StepId {self._step.name}. No retry policy configured "
                f"for the exception type {kind.replace('.', '_').upper()}."
            )
        delay = policy.delay(self._attempts, now() - self._started) if policy else None
        if delay is None:
            raise failed
        if self.stop.wait(delay):
            raise StepStopped(failed.metadata)
        self._attempts += 1
        self._update_record(AttemptCount=self._attempts)

    def _context(self) -> StepContext:
        variables = {**self._scope.variables, "CurrentDateTime": iso(now())}
        return StepContext(
            execution_id=self._identity.id,
            execution_arn=self._identity.arn,
            api=self._engine.api,
            outside=self._engine.outside,
            scope=replace(self._scope, variables=variables),
            stop=self.stop,
            wait=self._engine.wait,
            show=lambda metadata: self._update_record(Metadata=metadata),
            cached=self._find_cached,
            child=self._child,
        )

    def _child(self, step: StepDefinition, scope: Scope, iteration: Document) -> StepRunner:
        child = StepRunner(self._engine, self._identity, step, scope)
        child.iteration = iteration
        return child

    def _find_cached(self, arguments: Document) -> StepOutcome | None:
        step = self._step
        self._cache_key = cache_key(self._identity.pipeline, step.name, step.type, arguments)
        if self._cache_key is None:
            return None
        try:
            entry = self._cache.find(self._cache_key, step.cache, now())
        except ValueError as error:
            raise StepFailed(f"ClientError: CacheConfig.ExpireAfter: {error}") from error
        if entry is None:
            return None
        return StepOutcome(entry["Properties"], entry["Metadata"], source=entry["ExecutionArn"])

    def _succeeded(self, outcome: StepOutcome) -> None:
        self.properties = outcome.properties
        details: Document = {"Metadata": outcome.metadata, "Properties": outcome.properties}
        if outcome.outcome is not None:
            details["Outcome"] = outcome.outcome
        if outcome.source:
            details["CacheHitResult"] = {"SourcePipelineExecutionArn": outcome.source}
        ended = self._finish(StepStatus.SUCCEEDED, **details)
        if self._cache_key and not outcome.source:
            entry = {
                "ExecutionArn": self._identity.arn,
                "Properties": outcome.properties,
                "Metadata": outcome.metadata,
                "EndTime": ended,
            }
            self._cache.keep(self._cache_key, entry)

    def _failed(self, reason: str, metadata: Document) -> Failed:
        details: Document = {"Metadata": metadata}
        if reason:
            details["FailureReason"] = reason[:_LONGEST_REASON]
        self._finish(StepStatus.FAILED, **details)
        return Failed(self._step.name, reason)

    def _finish(self, status: StepStatus, **details: Any) -> float:
        ended = max(now(), self._started)
        self._update_record(StepStatus=status, EndTime=ended, **details)
        return ended

    def _update_record(self, **members: Any) -> None:
        key = step_key(self._identity.id, self._step.name)
        self._engine.records.update("Step", key, lambda document: {**document, **members})
