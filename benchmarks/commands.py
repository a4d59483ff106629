"""How fast the commands answer when nothing has changed: python -m benchmarks.commands

validate, plan and upsert of every pipeline, warm, as processes of their own against a served runtime; beside them
what a script does that imports the SDK, composes the same pipelines and calls Pipeline.upsert on each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The composition wants to know where a script will lie; the SDK's answer is to upload it.
SDK = """
import importlib, sys
import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession
from params.environment import load

class Session(PipelineSession):
    def asset(self, path):
        return self.upload_data(str(path), key_prefix="assets")

env = load("local")
session = Session(boto_session=boto3.Session(region_name=env.region), default_bucket=env.bucket)
for name in sys.argv[1:]:
    composition = importlib.import_module(f"pipelines.compositions.{name.replace('-', '_')}")
    composition.compose(env, session).upsert(role_arn=env.role_arn)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="of each; the median counts")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as variables:
        python = [sys.executable, "-m"]
        commands = {
            "validate": [*python, "pipelines.validate"],
            "plan": [*python, "pipelines.plan"],
            "upsert": [*python, "pipelines.upsert"],
            "SDK upsert": [sys.executable, "-c", SDK, "house-price", "linear-baseline"],
        }
        for command in ("upsert", "validate"):  # deploy once, and fill the synth cache
            measured(commands[command], variables)
        times = {name: [] for name in commands}
        for _ in range(runs):  # in turn, so that all see the same moods of the machine
            for name, command in commands.items():
                times[name].append(measured(command, variables))
    reference = statistics.median(times.pop("SDK upsert"))
    print(f"{'':12}{'median s':>10}{'SDK / ours':>12}")
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:12}{median:>10.2f}{reference / median:>12.1f}")
    print(f"{'SDK upsert':12}{reference:>10.2f}")


def measured(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Seconds until the process has ended."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True)
    return time.perf_counter() - began


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a runtime; yields the variables of processes that use it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "runtime", "--port", "0", "--data", str(folder / "state")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        url = server.stdout.readline().split()[3].rstrip(",")
        yield {
            **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
            "SAGEMAKER_LOCAL_STATE": str(folder / "state"),
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
