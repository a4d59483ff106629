"""Callback steps that wait for SendPipelineExecutionStepSuccess or Failure, by token."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.outputs import Output
from runtime.stop import StopSignal

_CHARACTERS = string.ascii_letters + string.digits
_LENGTH = 10


class UnknownToken(LookupError):
    """Nothing was ever sent with this token by this runtime."""


class TokenAnswered(Exception):
    """The step of this token has been answered, or has ended."""


@dataclass(frozen=True)
class Answer:
    """`failure` is the reason of a failure, None for a success; `request` tells a repetition from a second answer."""

    failure: str | None = None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    request: str | None = None


@dataclass
class Callback:
    """One step that waits. `outputs` are the declared ones: name -> type."""

    token: str
    execution_arn: str
    outputs: Mapping[str, str]
    answer: Answer | None = None
    ended: bool = False


class Callbacks:
    """All callbacks of this process; the execution of one that a former process left has failed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._callbacks: dict[str, Callback] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def open(self, execution_arn: str, outputs: Mapping[str, str]) -> Callback:
        """A callback with a new token; it must be given back to `wait`."""
        token = "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))
        callback = Callback(token, execution_arn, outputs)
        with self._changed:
            self._callbacks[token] = callback
        return callback

    def find(self, token: str) -> Callback:
        """Raises UnknownToken."""
        with self._changed:
            if token not in self._callbacks:
                raise UnknownToken(token)
            return self._callbacks[token]

    def answer(self, token: str, answer: Answer) -> None:
        """Let the step go on; the same request again changes nothing. Raises UnknownToken, TokenAnswered."""
        callback = self.find(token)
        with self._changed:
            known = callback.answer
            if known and answer.request and known.request == answer.request:
                return
            if known or callback.ended:
                raise TokenAnswered(token)
            callback.answer = answer
            self._changed.notify_all()

    def wait(self, callback: Callback, stop: StopSignal) -> Answer | None:
        """The answer; None when a stopped step has to end without one, because the runtime is closing."""
        with self._changed:
            self._changed.wait_for(
                lambda: callback.answer or callback.ended or (self._closed and stop.requested)
            )
            callback.ended = True
            return callback.answer

    def give_up(self, callback: Callback) -> None:
        """Nobody was told the token."""
        with self._changed:
            callback.ended = True

    def wake(self) -> None:
        """Look again: a step was asked to stop."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Steps that are stopped from now on end without an answer. Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
