"""How fast the page of a tuning job with 500 trials is, and its plots: python -m benchmarks.studio_tuning

Nine hyperparameters; the trials are written as records, none of them ran. Columns as in benchmarks.studio: the first
request for the plots makes Optuna's figures (and imports Optuna), the others get them from memory.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.studio import IMAGE, ROLE, measured
from runtime import arns
from runtime.serving import serve
from runtime.ui import links

TRIALS = 500
NAMES = [f"parameter_{number}" for number in range(9)]
JOB = "search"
OBJECTIVE = {"Type": "Minimize", "MetricName": "validation:rmse"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        assert server.runtime is not None
        fill(server.runtime)
        pages = {
            "list of tuning jobs": links.url("tuning"),
            "100 of 500 trials": links.tuning_job(JOB),
            "all 500 trials": links.tuning_job(JOB, all="1"),
            "a filter": links.tuning_job(JOB, **{"low.parameter_0": "0.5"}),
            "plots of 500 trials": links.figures(JOB),
        }
        print(f"{'':28}{'first':>10}{'median':>10}{'slowest':>10}{'processor':>10}{'size':>10}")
        for name, path in pages.items():
            print(f"{name:28}{measured(server.url, path)}")


def fill(runtime: Any) -> None:
    arn = arns.arn(runtime.settings, "hyper-parameter-tuning-job", JOB)
    ranges = [{"Name": name, "MinValue": "0", "MaxValue": "1"} for name in NAMES]
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": OBJECTIVE,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": TRIALS, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": ranges},
    }
    document = {
        "HyperParameterTuningJobName": JOB,
        "HyperParameterTuningJobArn": arn,
        "HyperParameterTuningJobStatus": "Completed",
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": training(),
        "CreationTime": 1.0,
        "HyperParameterTuningEndTime": 2.0 + TRIALS,
    }
    runtime.records.insert("HyperParameterTuningJob", JOB, document)
    draw = random.Random(0)
    for number in range(1, TRIALS + 1):
        job = trial(runtime, arn, number, {name: repr(draw.random()) for name in NAMES})
        runtime.records.insert("TrainingJob", job["TrainingJobName"], job)


def training() -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def trial(runtime: Any, tuning: str, number: int, parameters: dict[str, str]) -> dict[str, Any]:
    name = f"{JOB}-{number:03d}-00000000"
    value = float(parameters[NAMES[0]]) + 0.1 * float(parameters[NAMES[1]])
    metric = {"MetricName": OBJECTIVE["MetricName"], "Value": value, "Timestamp": 2.0 + number}
    return {
        **training(),
        "TrainingJobName": name,
        "TrainingJobArn": arns.arn(runtime.settings, "training-job", name),
        "TuningJobArn": tuning,
        "TrainingJobStatus": "Completed",
        "CreationTime": 1.0 + number,
        "TrainingStartTime": 1.0 + number,
        "TrainingEndTime": 2.0 + number,
        "TunedHyperParameters": parameters,
        "FinalMetricDataList": [metric],
    }


if __name__ == "__main__":
    main()
