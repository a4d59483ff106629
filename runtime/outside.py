"""What steps reach that is not SageMaker's API: queues, functions, and whoever answers a callback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.callbacks import Callbacks
from runtime.functions import Functions


@dataclass(frozen=True)
class Outside:
    """`send(queue URL, text)` raises ApiError in SQS's words."""

    callbacks: Callbacks
    functions: Functions
    send: Callable[[str, str], None]

    def close(self) -> None:
        """End what steps wait for. Idempotent."""
        self.callbacks.close()
        self.functions.close()
