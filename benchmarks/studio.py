"""How fast the studio's pages are: python -m benchmarks.studio

A served runtime with 1,000 executions of ten pipelines, and one execution of 500 steps. Times are those of whole
requests by an HTTP client on this machine: the first of a process (templates compile, the graph is laid out), then the
median and the slowest of the rest, and the processor's time for one, of client and server together. On a busy
machine only the last says something. The limits are the studio's own.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runtime.serving import serve
from runtime.ui import links

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
PIPELINES = 10
EXECUTIONS = 1000
STEPS = 500
CALLS = 20
LIMITS = {"first page": 100, "execution of 500 steps": 300}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        runtime = server.runtime
        assert runtime is not None
        large = fill(runtime)
        pages = {
            "first page": links.url(),
            "pipeline, 100 executions": links.pipeline("pipeline-0"),
            "execution of 500 steps": links.execution(large),
        }
        print(f"{'':28}{'first':>10}{'median':>10}{'slowest':>10}{'processor':>10}{'size':>10}")
        for name, path in pages.items():
            limit = LIMITS.get(name)
            print(f"{name:28}{measured(server.url, path)}{f'  limit {limit} ms' if limit else ''}")


def fill(runtime: Any) -> str:
    """Make pipelines and run them; the ARN of the execution of many steps."""
    for number in range(PIPELINES):
        create(runtime, f"pipeline-{number}", definition(8, seed=number))
    for number in range(EXECUTIONS):
        start(runtime, f"pipeline-{number % PIPELINES}")
    create(runtime, "large", definition(STEPS, seed=0))
    return start(runtime, "large")


def definition(steps: int, seed: int) -> str:
    """Steps that make a model, which takes no time, each waiting for up to three of the thirty before it."""
    draw = random.Random(seed)
    made = [
        {
            "Name": f"Step{index:03d}",
            "Type": "Model",
            "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE}},
            "DependsOn": sorted(
                {f"Step{draw.randrange(max(0, index - 30), index):03d}" for _ in range(3)}
                if index
                else ()
            ),
        }
        for index in range(steps)
    ]
    return json.dumps({"Version": "2020-12-01", "Steps": made})


def create(runtime: Any, name: str, text: str) -> None:
    request = {"PipelineName": name, "RoleArn": ROLE, "ClientRequestToken": "x" * 32}
    runtime.api.call("CreatePipeline", {**request, "PipelineDefinition": text})


def start(runtime: Any, name: str) -> str:
    token = f"{time.monotonic_ns():032d}"
    answer = runtime.api.call(
        "StartPipelineExecution", {"PipelineName": name, "ClientRequestToken": token}
    )
    arn: str = answer["PipelineExecutionArn"]
    runtime.runner.wait(arn.rpartition("/")[2])
    return arn


def measured(url: str, path: str) -> str:
    """A row of the table."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    times, size = [], 0
    busy = 0.0
    for number in range(CALLS):
        busy = busy if number != 1 else time.process_time()
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        size = len(answer.read())
        times.append(time.perf_counter() - began)
        assert answer.status == 200, (path, answer.status)
    connection.close()
    busy = (time.process_time() - busy) / (CALLS - 1)
    first, rest = times[0], times[1:]
    values = (first, statistics.median(rest), max(rest), busy)
    shown = "".join(f"{1000 * value:7.1f} ms" for value in values)
    return f"{shown}{size / 1000:7.0f} KB"


if __name__ == "__main__":
    main()
