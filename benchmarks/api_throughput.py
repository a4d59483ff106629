"""How fast the served runtime answers: python -m benchmarks.api_throughput

DescribePipelineExecution through one boto3 client, against an idle server and against one whose tuning job keeps all
cores busy, each beside the floor: the same client and the same bytes, from a server that does nothing. Then 20
executions started at once with 200 polling clients.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
BUCKET = "benchmark"
CALLS = 2000
SESSION = boto3.Session("local", "local", region_name="us-east-1")
FLOOR = """
import sys, time
from runtime.server.http import Port
body = sys.argv[1].encode()
def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
    return [body]
port = Port()
port.serve(app)
print(port.url, flush=True)
sys.stdin.read()
port.stop()
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as url:
        sagemaker = client(url)
        arn = finished_execution(sagemaker)
        described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        described.pop("ResponseMetadata")
        with floor(json.dumps(described, default=lambda moment: moment.timestamp())) as base:
            rows = [("floor", measure(client(base), arn)), ("idle", measure(sagemaker, arn))]
            with tuning(url):
                rows.append(("floor, cores busy", measure(client(base), arn)))
                rows.append(("cores busy", measure(sagemaker, arn)))
        print(f"{'':20}{'median':>10}{'99 %':>10}{'a second':>10}")
        for name, times in rows:
            print(f"{name:20}{milliseconds(times)}{1 / statistics.mean(times):10.0f}")
        for quiet, ours in ((0, 1), (2, 3)):
            ratio = statistics.median(rows[ours][1]) / statistics.median(rows[quiet][1])
            print(f"{rows[ours][0]}: {ratio:.2f} x the floor")
        crowd(url)


def milliseconds(times: list[float]) -> str:
    ordered = sorted(times)
    return "".join(
        f"{1000 * value:7.2f} ms"
        for value in (statistics.median(ordered), ordered[len(ordered) * 99 // 100])
    )


def measure(sagemaker: Any, arn: str) -> list[float]:
    """Seconds of each call, after a few to warm up."""
    times = []
    for number in range(CALLS + 50):
        before = time.perf_counter()
        sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if number >= 50:
            times.append(time.perf_counter() - before)
    return times


def crowd(url: str) -> None:
    """20 executions at once while 200 clients poll them; an error of any ends the benchmark."""
    definition = chain(300)
    starter, *clients = [client(url) for _ in range(201)]
    starter.create_pipeline(
        PipelineName="crowd",
        PipelineDefinition=definition,
        RoleArn=ROLE,
        ClientRequestToken="c" * 32,
    )
    before = time.perf_counter()
    with ThreadPoolExecutor(20) as threads:
        started = list(
            threads.map(
                lambda _: starter.start_pipeline_execution(PipelineName="crowd")[
                    "PipelineExecutionArn"
                ],
                range(20),
            )
        )
    asked = [0] * len(clients)

    def poll(number: int) -> str:
        while True:
            asked[number] += 1
            found = clients[number].describe_pipeline_execution(
                PipelineExecutionArn=started[number % 20]
            )
            if found["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
                return str(found["PipelineExecutionStatus"])

    with ThreadPoolExecutor(len(clients)) as threads:
        ends = list(threads.map(poll, range(len(clients))))
    seconds = time.perf_counter() - before
    listed = starter.list_pipeline_executions(PipelineName="crowd", MaxResults=100)
    found = len(listed["PipelineExecutionSummaries"])
    print(
        f"20 executions, 200 clients: {found} found, {ends.count('Succeeded')} saw success, {sum(asked)} answers in {seconds:.1f} s, no error"
    )


def chain(steps: int) -> str:
    def step(number: int) -> dict[str, Any]:
        condition = {"Type": "Equals", "LeftValue": number, "RightValue": number}
        before = [{"Get": f"Steps.C{number - 1}.Outcome"}] if number else [True]
        ordered = {"Type": "Equals", "LeftValue": before[0], "RightValue": True}
        return {
            "Name": f"C{number}",
            "Type": "Condition",
            "Arguments": {"Conditions": [condition, ordered], "IfSteps": [], "ElseSteps": []},
        }

    return json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [],
            "Steps": [step(number) for number in range(steps)],
        }
    )


def finished_execution(sagemaker: Any) -> str:
    sagemaker.create_pipeline(
        PipelineName="one", PipelineDefinition=chain(1), RoleArn=ROLE, ClientRequestToken="o" * 32
    )
    arn = str(sagemaker.start_pipeline_execution(PipelineName="one")["PipelineExecutionArn"])
    while (
        sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]
        == "Executing"
    ):
        pass
    return arn


@contextmanager
def tuning(url: str) -> Iterator[None]:
    """A tuning job whose training jobs keep two cores busy for as long as the block lasts."""
    s3, sagemaker = client(url, "s3"), client(url)
    s3.create_bucket(Bucket=BUCKET)
    rows = "\n".join(f"{n % 97},{n % 13},{n * 7 % 31},{n * 3 % 17}" for n in range(20_000))
    for channel in ("train", "validation"):
        s3.put_object(Bucket=BUCKET, Key=f"{channel}/rows.csv", Body=rows.encode())
    channels = [
        {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}"}
            },
        }
        for name in ("train", "validation")
    ]
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="busy",
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 100, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.3"}]
            },
        },
        TrainingJobDefinition={
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "StaticHyperParameters": {"num_round": "3000", "objective": "reg:squarederror"},
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/output"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "RoleArn": ROLE,
        },
    )
    describe = partial(
        sagemaker.describe_hyper_parameter_tuning_job, HyperParameterTuningJobName="busy"
    )
    while describe()["TrainingJobStatusCounters"]["InProgress"] < 2:
        threading.Event().wait(0.05)
    try:
        yield
        assert describe()["HyperParameterTuningJobStatus"] == "InProgress", "it ended too early"
    finally:
        sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="busy")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "runtime", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        finally:
            process.terminate()


@contextmanager
def floor(answer: str) -> Iterator[str]:
    command = [sys.executable, "-c", FLOOR, answer]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


def client(url: str, service: str = "sagemaker") -> Any:
    config = Config(retries={"total_max_attempts": 1})
    return SESSION.client(service, endpoint_url=url, config=config)


if __name__ == "__main__":
    main()
