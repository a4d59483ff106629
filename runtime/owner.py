"""Whose work a thread does: jobs of one execution share its turns on the machine."""

from __future__ import annotations

from contextvars import ContextVar

# The ARN of an execution, or `<kind>/<name>` of a job outside pipelines; empty where no job has begun.
OWNER: ContextVar[str] = ContextVar("owner", default="")
