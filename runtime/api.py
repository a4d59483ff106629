"""How the engine calls SageMaker's own operations: the same checks, errors and answers that clients get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class ApiError(Exception):
    """A refusal in the service's words; `code` is what botocore shows (ValidationException, ResourceInUse, ...)."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


class Api(Protocol):
    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run one operation (`CreateTrainingJob`) as a client's request would. Raises ApiError."""
