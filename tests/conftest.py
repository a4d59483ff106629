"""Shared by all tests: the real data set, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from params import recorded
from pipelines.deploy import synth_cache

ROOT = Path(__file__).parents[1]
CALIFORNIA = ROOT.parent / "shared" / "data" / "california_housing.csv"

# Two busy cores make single examples slow; the seeds are fixed so that a failure repeats.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("project")

# Whatever the machine has set must not reach a test or its child processes.
for _name in [name for name in os.environ if name.startswith(("AWS_", "SAGEMAKER_", "ARTIFACT_"))]:
    del os.environ[_name]
os.environ.update(
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)
# Nor what this checkout has bootstrapped.
recorded.DIRECTORY = ROOT / "nothing-is-recorded-here"


@pytest.fixture(scope="session")
def california() -> Path:
    """20,640 real districts with missing values and a text category."""
    if not CALIFORNIA.exists():
        pytest.skip("the California housing data (../shared/data) is not here")
    return CALIFORNIA


@pytest.fixture(scope="session", autouse=True)
def own_synth_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the project's own cache alone, and don't be fooled by what is in it."""
    before = synth_cache.DIRECTORY
    synth_cache.DIRECTORY = tmp_path_factory.mktemp("synth-cache")
    yield
    synth_cache.DIRECTORY = before


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves the loopback interface."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])  # type: ignore[index]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
