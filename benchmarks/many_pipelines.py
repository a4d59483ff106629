"""How long 200 pipelines take to deploy: python -m benchmarks.many_pipelines

Everything of an upsert but composing, against a served runtime: describe, plan, apply; the first time, with nothing
changed, with one pipeline changed. With one call at a time for comparison, and with the round trip to a distant
region added to every call: the runtime is next door, and busy on the same cores.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore.endpoint import Endpoint
from rich.console import Console

from benchmarks.commands import served
from params.environment import Environment, load
from pipelines.deploy import parallel
from pipelines.deploy.deployer import UpsertOptions, compose, deploy
from pipelines.deploy.errors import DONE
from pipelines.deploy.outcome import Outcome
from pipelines.deploy.planner import Composed, checked

ROUND_TRIP = 0.05  # seconds
SEND = Endpoint._send
OPTIONS = UpsertOptions((), None, wait=False, plan_only=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipelines", type=int, default=200)
    count = parser.parse_args().pipelines
    environment = load("local")
    [example] = compose(environment, ["house-price"], Console(stderr=True), cache=True)
    print(f"{count} pipelines of {len(example.definition.steps)} steps, seconds")
    print(f"{'round trip':<12}{'at a time':<11}{'first':>8}{'unchanged':>11}{'one changed':>13}")
    for latency, workers in itertools.product((0.0, ROUND_TRIP), (1, parallel.WORKERS)):
        parallel.WORKERS = workers
        Endpoint._send = delayed(latency)
        with tempfile.TemporaryDirectory() as folder, served(Path(folder)):
            here = replace(environment, runtime=str(Path(folder, "state")))
            wanted = [variant(example, number, seed=number) for number in range(count)]
            changed = [variant(example, 0, seed=count), *wanted[1:]]
            seconds = [
                measured(here, each, action)
                for each, action in (
                    (wanted, f"{count} created"),
                    (wanted, f"{count} up to date"),
                    (changed, f"1 updated, {count - 1} up to date"),
                )
            ]
        figures = f"{seconds[0]:>8.2f}{seconds[1]:>11.2f}{seconds[2]:>13.2f}"
        print(f"{f'{latency * 1000:.0f} ms':<12}{workers:<11}{figures}", flush=True)


def delayed(seconds: float) -> Callable[..., Any]:
    """How botocore sends a request, with the time of a journey before it."""

    def send(self: Any, request: Any) -> Any:
        time.sleep(seconds)
        return SEND(self, request)

    return send


def variant(example: Composed, number: int, seed: int) -> Composed:
    """The example under another name, with a default of its own."""
    document = json.loads(example.synthesis.definition)
    for parameter in document["Parameters"]:
        if parameter["Name"] == "Seed":
            parameter["DefaultValue"] = seed
    name = f"{example.synthesis.name}-{number:03}"
    return checked(replace(example.synthesis, name=name, definition=json.dumps(document)))


def measured(environment: Environment, wanted: Sequence[Composed], action: str) -> float:
    """Seconds to deploy, after which the summary must say `action`."""
    said = io.StringIO()
    outcome = Outcome([each.synthesis.name for each in wanted])
    started = time.perf_counter()
    code, _ = deploy(environment, wanted, OPTIONS, Console(file=said), outcome)
    seconds = time.perf_counter() - started
    if code != DONE or not said.getvalue().rstrip().endswith(action):
        raise SystemExit(said.getvalue())
    return seconds


if __name__ == "__main__":
    main()
