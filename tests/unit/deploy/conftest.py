from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from params.environment import load
from pipelines.deploy.offline import offline
from pipelines.deploy.synth import synthesise_module

COMPOSITIONS = Path(__file__).parents[2] / "cases" / "compositions"


@pytest.fixture(scope="session")
def synthesise_file():
    """Synthesise a composition that is a file of tests/cases/compositions."""

    def synthesise(name, file, env=None):
        env = env or load("local")
        spec = importlib.util.spec_from_file_location(Path(file).stem, COMPOSITIONS / file)
        module = importlib.util.module_from_spec(spec)
        with offline(env.region):
            spec.loader.exec_module(module)
            return synthesise_module(name, module, env)

    return synthesise
