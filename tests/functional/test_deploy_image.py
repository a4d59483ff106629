"""The image that only deploys has the packages of requirements/deploy.txt and no others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from pipelines.deploy.synth import composition_names

ROOT = Path(__file__).parents[2]

# Hides every installed distribution that the minimal lock does not name, then becomes the command.
DOOR = """
import importlib.abc, importlib.metadata, json, runpy, sys

locked = set(json.loads(sys.argv[1]))
normal = lambda name: name.lower().replace("_", "-").replace(".", "-")
owners = importlib.metadata.packages_distributions()
hidden = {top for top, names in owners.items() if not locked & set(map(normal, names))}

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not in requirements/deploy.txt", name=name)

sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def locked() -> list[str]:
    text = (ROOT / "requirements" / "deploy.txt").read_text()
    return [
        name.lower().replace("_", "-").replace(".", "-")
        for name in re.findall(r"^([\w.\-]+)==", text, re.MULTILINE)
    ]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", DOOR, json.dumps(locked()), *command],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_minimal_packages_suffice_to_compose(tmp_path: Path) -> None:
    result = run("pipelines.synth", "--out", str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [*composition_names()]


def test_the_minimal_packages_suffice_to_validate_plan_and_deploy(
    served_account: Callable[[Path], AbstractContextManager[dict[str, str]]], tmp_path: Path
) -> None:
    """What buildspec.yml does after the tests, in its order."""
    plan = str(tmp_path / "plan.json")
    report = f"sarif={tmp_path / 'rules.sarif'}"
    commands = (
        ("validate", "--no-cache", "--fail-on", "error", "--report", report),
        ("plan", "--no-cache", "--markdown", "--out", plan),
        ("upsert", "--plan-file", plan),
        ("history", "linear-baseline"),
    )
    with served_account(tmp_path / "account") as variables:
        for name, *words in commands:
            result = run(f"pipelines.{name}", "--env", "dev", *words, **variables)
            assert result.returncode == 0, f"{name}: {result.stderr}"
        again = run("pipelines.plan", "--env", "dev", "--detailed-exitcode", **variables)
        assert again.returncode == 0, again.stdout


def test_without_the_runtime_s_packages_the_local_environment_says_so(tmp_path: Path) -> None:
    result = run("pipelines.upsert", "--plan", SAGEMAKER_LOCAL_STATE=str(tmp_path / "state"))
    assert result.returncode == 1
    assert "'cheroot', which is not installed; run `make install`" in result.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("name", ["deploy.txt", "dev.txt", "installer.txt"])
def test_a_lock_file_has_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    pins = re.findall(r"^\S+==\S+ \\$", text, re.MULTILINE)
    assert pins
    assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE))
    assert len(re.findall(r"\\\n    --hash=sha256:", text)) >= len(pins)
    assert not re.search(r"https?://|index-url|find-links|file:", text)
