"""What the engine itself costs: pipelines of conditions, which wait for nothing and compute nothing.

    python benchmarks/execution_overhead.py [--repeat N]

Every pipeline runs over a fresh state directory on disk, half of its steps in a chain and half side by side. Prints the
seconds to accept the definition, the seconds of the execution, and milliseconds a step: the last column must not grow.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from runtime.runtime import Runtime

SIZES = (100, 250, 500, 1000)
ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"


def condition(name: str, left: Any) -> dict[str, Any]:
    compared = {"Type": "Equals", "LeftValue": left, "RightValue": True}
    arguments = {"Conditions": [compared], "IfSteps": [], "ElseSteps": []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def definition(size: int) -> str:
    chain = [condition("Chain0", True)]
    chain += [
        condition(f"Chain{n}", {"Get": f"Steps.Chain{n - 1}.Outcome"}) for n in range(1, size // 2)
    ]
    wide = [condition(f"Wide{n}", True) for n in range(size - len(chain))]
    return json.dumps({"Version": "2020-12-01", "Steps": [*chain, *wide]})


def measure(size: int) -> tuple[float, float]:
    """Seconds to accept the definition, and from the start of the execution to its end."""
    with tempfile.TemporaryDirectory() as home:
        runtime = Runtime(Path(home))
        try:
            began = time.perf_counter()
            runtime.api.call(
                "CreatePipeline",
                {
                    "PipelineName": "conditions",
                    "RoleArn": ROLE,
                    "PipelineDefinition": definition(size),
                    "ClientRequestToken": uuid.uuid4().hex,
                },
            )
            accepted = time.perf_counter()
            request = {"PipelineName": "conditions", "ClientRequestToken": uuid.uuid4().hex}
            arn = runtime.api.call("StartPipelineExecution", request)["PipelineExecutionArn"]
            runtime.runner.wait(arn.rpartition("/")[2])
            ended = time.perf_counter()
            described = runtime.api.call("DescribePipelineExecution", {"PipelineExecutionArn": arn})
            assert described["PipelineExecutionStatus"] == "Succeeded", described
        finally:
            runtime.close()
    return accepted - began, ended - accepted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each size; the best counts")
    options = parser.parse_args()
    measure(10)  # imports, the service model
    print(f"{'steps':>6} {'accept s':>9} {'execute s':>10} {'ms a step':>10}")
    for size in SIZES:
        runs = [measure(size) for _ in range(options.repeat)]
        accept, execute = min(run[0] for run in runs), min(run[1] for run in runs)
        print(f"{size:>6} {accept:>9.3f} {execute:>10.3f} {1000 * execute / size:>10.2f}")


if __name__ == "__main__":
    main()
