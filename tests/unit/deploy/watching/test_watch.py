from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pytest

from pipelines.deploy.errors import NoAnswer, ServiceError, Throttled
from pipelines.deploy.watching import watch
from pipelines.deploy.watching.execution import ExecutionView, Status
from pipelines.deploy.watching.watch import Interrupts


def view(status):
    return ExecutionView("tiny", "arn", status, datetime(2026, 1, 1, tzinfo=UTC), None, None, ())


class Execution:
    """Answers from a list: statuses, or errors to raise; the last one stays."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.stopped = 0
        self.refuses = False

    def look(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return view(answer)

    def stop(self):
        self.stopped += 1
        if self.refuses:
            raise ServiceError("no")


class Seen:
    def __init__(self):
        self.statuses = []
        self.notices = []

    def show(self, view):
        self.statuses.append(view.status)

    def notice(self, text):
        self.notices.append(text)


def never(seconds):
    return False


@pytest.mark.parametrize("last", [status for status in Status if status.is_finished()])
def test_it_ends_with_every_finished_status(last):
    seen = Seen()
    found = watch.watch(Execution(Status.EXECUTING, Status.STOPPING, last), seen, 0, never)
    assert found.status is last
    assert seen.statuses == [Status.EXECUTING, Status.STOPPING, last]


def test_throttling_makes_it_slower_and_an_answer_fast_again():
    pauses = []
    throttled = Throttled("slow down")
    execution = Execution(throttled, *[throttled] * 6, Status.EXECUTING, Status.SUCCEEDED)
    watch.watch(execution, Seen(), 4, lambda seconds: pauses.append(seconds))
    assert pauses == [8, 16, 32, 60, 60, 60, 60, 4]


def test_a_network_that_comes_back_does_not_end_the_watch():
    gone = NoAnswer("unreachable")
    execution = Execution(*[gone] * 5, Status.EXECUTING, *[gone] * 5, Status.SUCCEEDED)
    assert watch.watch(execution, Seen(), 0, never).status is Status.SUCCEEDED


def test_a_network_that_stays_away_does():
    pauses = []
    with pytest.raises(NoAnswer):
        watch.watch(Execution(NoAnswer("unreachable")), Seen(), 4, pauses.append)
    assert pauses == [8, 16, 32, 60, 60]


def test_other_errors_end_the_watch():
    with pytest.raises(ServiceError):
        watch.watch(Execution(ServiceError("gone")), Seen(), 0, never)


def test_ctrl_c_stops_once_and_keeps_watching():
    execution = Execution(Status.EXECUTING, Status.STOPPING, Status.STOPPED)
    seen = Seen()
    found = watch.watch(execution, seen, 0, lambda seconds: True)
    assert found.status is Status.STOPPED
    assert execution.stopped == 1
    assert len(seen.notices) == 1


def test_a_refused_stop_is_an_error_while_the_execution_runs():
    execution = Execution(Status.EXECUTING)
    execution.refuses = True
    with pytest.raises(ServiceError):
        watch.watch(execution, Seen(), 0, lambda seconds: True)


def test_the_first_interrupt_is_held_back_and_the_second_leaves():
    before = signal.getsignal(signal.SIGINT)
    with Interrupts() as interrupts:
        assert interrupts.wait(0) is False
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.wait(10) is True
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
