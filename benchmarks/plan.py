"""What a plan of a large definition takes: read, check, compare, foretell, price, and write as text. No SDK, no AWS.

    python -m benchmarks.plan [--repeat N]

Each definition has processing and training steps in a chain, a tenth of them in the branches of conditions; the change
moves every step, renames one, and alters a parameter that all of them use. Three earlier executions are at hand.
Prints seconds, the best of N (warm) and the worst.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from params.environment import load
from pipelines.deploy import planner
from pipelines.deploy.models import Synthesis
from pipelines.deploy.plan import Deployed
from pipelines.deploy.planner import Composed
from pipelines.deploy.planning import prices
from pipelines.deploy.planning.cache_preview import PastRun, PastStep
from pipelines.deploy.planning.evidence import Evidence
from pipelines.deploy.planning.markdown import review_markdown
from pipelines.deploy.planning.review import Circumstances, review, subject_of
from pipelines.deploy.planning.text import review_lines

SIZES = (10, 100, 300, 1000)
DIGEST = "0123456789abcdef" * 4


def step(number: int, before: str | None) -> dict[str, Any]:
    source: Any = {"Get": f"Steps.{before}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}
    output = {
        "Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Execution.PipelineExecutionId"}]}
    }
    code = {"InputName": "code", "S3Input": {"S3Uri": f"s3://b/{DIGEST}/run.py"}}
    data = {"InputName": "data", "S3Input": {"S3Uri": source if before else "s3://b/data"}}
    seed = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Seed"}]}}
    cluster = {"InstanceCount": 2, "InstanceType": {"Get": "Parameters.Type"}, "VolumeSizeInGB": 30}
    return {
        "Name": f"Step{number}",
        "Type": "Processing",
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
        "Arguments": {
            "AppSpecification": {"ImageUri": "image", "ContainerArguments": ["--seed", seed]},
            "ProcessingInputs": [data, code],
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": output}}]
            },
            "ProcessingResources": {"ClusterConfig": cluster},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    }


def definition(size: int, seed: int, *, moved: bool) -> str:
    steps: list[dict[str, Any]] = []
    for number in range(size):
        made = step(number, f"Step{number - 1}" if number % 10 else None)
        if number % 10 == 9:
            compared = {"Type": "Equals", "LeftValue": {"Get": "Parameters.Seed"}, "RightValue": 0}
            branches = {"Conditions": [compared], "IfSteps": [made], "ElseSteps": []}
            made = {"Name": f"Gate{number}", "Type": "Condition", "Arguments": branches}
        steps.append(made)
    if moved:
        steps = [
            *reversed(steps),
            {"Name": "New", "Type": "Fail", "Arguments": {"ErrorMessage": ""}},
        ]
    parameters = [
        {"Name": "Seed", "Type": "Integer", "DefaultValue": seed},
        {"Name": "Type", "Type": "String", "DefaultValue": "ml.m5.large"},
    ]
    return json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": steps})


def composed(text: str) -> Composed:
    return planner.checked(Synthesis("large", "", text, ()))


def measure(size: int) -> float:
    """Seconds from two texts to the printed review."""
    old, new = definition(size, 0, moved=False), definition(size, 1, moved=True)
    earlier = composed(old).definition
    done = {each.name: PastStep("arn:run", 0.0) for each in earlier.steps}
    runs = tuple(PastRun(f"arn:run{n}", earlier, {}, done) for n in range(3))
    environment, table = load("local"), prices.load("us-east-1")
    began = time.perf_counter()
    planned = planner.plan_against(
        environment, composed(new), Deployed("arn", old, "", environment.role_arn, {})
    )
    subject = subject_of(planned.plan, planned.composed.definition, planned.deployed)
    found = review(subject, Evidence(runs=runs), Circumstances("project", table, 1.0))
    lines = [line.plain for line in review_lines(found, full=True)]
    review_markdown(found)
    took = time.perf_counter() - began
    assert any("Parameters.Seed.DefaultValue  0 → 1" in line for line in lines), lines
    assert len([each for each in found.changes if each.path.startswith("Steps.")]) == 1
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, help="runs of each size")
    options = parser.parse_args()
    print(f"{'steps':>6} {'best s':>9} {'worst s':>9}")
    for size in SIZES:
        runs = [measure(size) for _ in range(options.repeat)]
        print(f"{size:>6} {min(runs):>9.3f} {max(runs):>9.3f}")
    if "sagemaker" in sys.modules:
        raise SystemExit("the SDK was imported")


if __name__ == "__main__":
    main()
