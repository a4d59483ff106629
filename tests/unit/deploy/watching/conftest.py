from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.deploy.watching.execution import ExecutionView, StepView

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def at():
    """A moment so many seconds after the start of everything."""
    return lambda seconds: START + timedelta(seconds=seconds)


@pytest.fixture
def step(at):
    def make(name, status, ended=None, **members):
        return StepView(name, "Training", status, START, ended and at(ended), **members)

    return make


@pytest.fixture
def execution(at):
    """An execution that took 42 seconds, or still runs."""

    def make(status, *steps, failure=None):
        ended = at(42) if status.is_finished() else None
        return ExecutionView("tiny", "arn:execution/x", status, START, ended, failure, steps)

    return make
