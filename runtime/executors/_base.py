"""The contract of a step type: one executor runs every step of its type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from pipelines.definition.document import StepDefinition
from runtime.api import Api, ApiError
from runtime.expressions import Scope, Unresolved, resolve
from runtime.outside import Outside
from runtime.state import StepStatus
from runtime.stop import StopSignal
from runtime.storage._base import StorageFull

Document = dict[str, Any]

# API error code -> what a retry policy calls it.
_EXCEPTION_TYPES = {
    "ThrottlingException": "Step.THROTTLING",
    "InternalFailure": "Step.SERVICE_FAULT",
    "ServiceUnavailable": "Step.SERVICE_FAULT",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
}


class StepFailed(Exception):
    """The step ends as Failed with this reason; `exception_type` is what retry policies match."""

    def __init__(
        self, reason: str, *, metadata: Document | None = None, exception_type: str | None = None
    ) -> None:
        self.reason = reason
        self.metadata = metadata or {}
        self.exception_type = exception_type
        super().__init__(reason)


class StepStopped(Exception):
    """The step ends as Stopped."""

    def __init__(self, metadata: Document | None = None) -> None:
        self.metadata = metadata or {}
        super().__init__("stopped")


@dataclass(frozen=True)
class StepOutcome:
    """`properties` is what `Steps.NAME...` sees, `metadata` what ListPipelineExecutionSteps shows.

    `outcome` is a condition's boolean; `source` the ARN of the execution that did the work of a cache hit.
    """

    properties: Document = field(default_factory=dict)
    metadata: Document = field(default_factory=dict)
    outcome: bool | None = None
    source: str | None = None


class ChildStep(Protocol):
    """A step that another step runs: `run` records it under its own name and says how it ended."""

    @property
    def stop(self) -> StopSignal: ...

    @property
    def properties(self) -> Document: ...

    def run_as_child(self) -> StepStatus: ...


@dataclass(frozen=True)
class StepContext:
    """What an executor may use. `wait(kind, name)` returns when that job has ended."""

    execution_id: str
    execution_arn: str
    api: Api
    outside: Outside
    scope: Scope
    stop: StopSignal
    wait: Callable[[str, str], None]
    # Makes the step's metadata visible while it runs.
    show: Callable[[Document], None]
    # The outcome of an earlier run with the same request, if caching is on and there is one.
    cached: Callable[[Document], StepOutcome | None]
    # A step of this one's body, for one item: the step, what it sees, its IterationContext.
    child: Callable[[StepDefinition, Scope, Document], ChildStep]

    def resolve(self, value: Any, variables: Mapping[str, str] | None = None) -> Any:
        """`value` without expressions; `variables` are execution variables only this step has. Raises StepFailed."""
        scope = self.scope
        if variables:
            scope = replace(scope, variables={**scope.variables, **variables})
        try:
            return resolve(value, scope)
        except Unresolved as error:
            raise StepFailed(f"ClientError: {error}") from error

    def invoke(self, operation: str, request: Document) -> Document:
        """Call one operation; a refusal fails the step in the service's words."""
        try:
            return self.api.call(operation, request)
        except ApiError as error:
            raise StepFailed(
                f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}",
                exception_type=_EXCEPTION_TYPES.get(error.code),
            ) from error
        except StorageFull as error:
            raise StepFailed(f"ClientError: {error}") from error


class StepExecutor(ABC):
    """Subclass = one file of this folder; found by `step_type`, the definition's word for it.

    `run` is called in a thread of its own unless `instant` says that it neither waits nor computes. It raises
    StepFailed or StepStopped; any other exception is a bug. One instance serves all executions: keep no state.
    """

    step_type: ClassVar[str]
    instant: ClassVar[bool] = False

    @abstractmethod
    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome: ...
