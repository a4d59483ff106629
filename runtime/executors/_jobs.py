"""What the steps that run one job have in common: name it, create it, wait for its end, describe it."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar

from pipelines.definition.document import StepDefinition
from runtime.api import ApiError
from runtime.executors._base import (
    Document,
    StepContext,
    StepExecutor,
    StepFailed,
    StepOutcome,
    StepStopped,
)

_ALPHANUMERIC = string.ascii_letters + string.digits


def resource_name(execution_id: str, step: str, longest: int = 63) -> str:
    """`pipelines-<execution id>-<step>-<10 alphanumerics>`; without `pipelines-` where that is too long (tuning: 32).

    What a job name may not have becomes a hyphen, and the step's part is cut to fit.
    """
    prefix = f"pipelines-{execution_id}" if longest >= 63 else execution_id
    suffix = "".join(secrets.choice(_ALPHANUMERIC) for _ in range(10))
    room = longest - len(prefix) - len(suffix) - 2
    middle = re.sub(r"[^A-Za-z0-9]+", "-", step).strip("-")[:room].strip("-")
    return "-".join(part for part in (prefix, middle, suffix) if part)


class JobExecutor(StepExecutor):
    """`kind` is the word in Create<kind> and <kind>Name; `metadata_key` the word in the step's metadata."""

    kind: ClassVar[str]
    metadata_key: ClassVar[str]
    longest_name: ClassVar[int] = 63
    # First word of a job's FailureReason -> what a retry policy calls it.
    exception_types: ClassVar[Mapping[str, str]] = {
        "InternalServerError": "SageMaker.JOB_INTERNAL_ERROR",
        "CapacityError": "SageMaker.CAPACITY_ERROR",
    }

    def run(self, step: StepDefinition, context: StepContext) -> StepOutcome:
        name = resource_name(context.execution_id, step.name, self.longest_name)
        arguments = context.resolve(step.arguments, {f"{self.kind}Name": name})
        hit = context.cached(arguments)
        if hit:
            return hit
        answer = context.invoke(f"Create{self.kind}", {**arguments, f"{self.kind}Name": name})
        metadata = {self.metadata_key: {"Arn": answer[f"{self.kind}Arn"]}}
        context.show(metadata)
        context.stop.on_request(lambda: self._stop(name, context))
        context.wait(self.kind, name)
        description = context.invoke(f"Describe{self.kind}", {f"{self.kind}Name": name})
        self._check_end(description, metadata, context)
        return StepOutcome(self.properties(description, context), metadata)

    def properties(self, description: Document, context: StepContext) -> Document:
        """The document that `Steps.NAME...` reads."""
        return description

    def _stop(self, name: str, context: StepContext) -> None:
        # The job may have ended meanwhile, which the service answers with an error.
        with suppress(ApiError):
            context.api.call(f"Stop{self.kind}", {f"{self.kind}Name": name})

    def _check_end(self, description: Document, metadata: Document, context: StepContext) -> None:
        status = description[f"{self.kind}Status"]
        if status == "Completed":
            return
        if status in ("InProgress", "Stopping"):
            raise StepFailed(
                f"ClientError: {self.kind} ended, but its end could not be recorded; is the disk full?",
                metadata=metadata,
            )
        limit_hit = description.get("SecondaryStatus") == "MaxRuntimeExceeded"
        if status == "Stopped" and (context.stop.requested or not limit_hit):
            raise StepStopped(metadata)
        reason = description.get("FailureReason") or (
            f"{self.kind} ended as {status}: it ran longer than its MaxRuntimeInSeconds"
        )
        raise StepFailed(
            f"ClientError: {reason}",
            metadata=metadata,
            exception_type=self.exception_types.get(reason.partition(":")[0]),
        )
