"""What all tests over real processes share."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def own_opt_ml() -> None:
    """For tests whose scripts write /opt/ml into their own source."""
    probe = "import sys; from runtime.jobs.namespace import available; sys.exit(not available())"
    if subprocess.run([sys.executable, "-c", probe]).returncode:
        pytest.skip("this system gives a process no mounts of its own, so no private /opt/ml")
