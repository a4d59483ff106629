"""What a runtime is told when it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    """`job_limit` bounds the job processes that run at once, over all executions; 0 = the number of cores, at least 2.

    `job_threads` is what each may use for its arithmetic; 0 = cores / job_limit, at least 1. It is the same for every
    job whatever else runs, because sums of floats depend on the number of threads. `images` is the file that maps a
    user's own images (user_images.py); None = `images.toml` in the state directory, if it is there. `functions` is the
    file that says which Python functions stand for Lambda functions; None = `functions.toml` there.
    """

    account: str = "123456789012"
    region: str = "us-east-1"
    job_limit: int = 0
    job_threads: int = 0
    images: Path | None = None
    functions: Path | None = None

    @property
    def parallel_jobs(self) -> int:
        return self.job_limit or max(2, _cores())

    @property
    def threads(self) -> int:
        return self.job_threads or max(1, _cores() // self.parallel_jobs)
