"""The AWS CLI, as a shell script would use it: copy data, create a pipeline, start it, wait in a loop, list its steps."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import REGISTRY, Done

pytestmark = pytest.mark.usefixtures("own_opt_ml")

ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
COUNT = """
import pathlib
lines = sum(len(p.read_text().splitlines()) for p in pathlib.Path("/opt/ml/processing/input/data").rglob("*.csv"))
pathlib.Path("/opt/ml/processing/output/count.txt").write_text(str(lines))
print("counted", lines)
"""
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": "Data", "Type": "String"}],
    "Steps": [
        {
            "Name": "Count",
            "Type": "Processing",
            "Arguments": {
                "RoleArn": ROLE,
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstanceCount": 1,
                        "InstanceType": "ml.m5.large",
                        "VolumeSizeInGB": 1,
                    }
                },
                "AppSpecification": {
                    "ImageUri": f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3",
                    "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/count.py"],
                },
                "ProcessingInputs": [
                    {
                        "InputName": name,
                        "S3Input": {
                            "S3Uri": uri,
                            "LocalPath": f"/opt/ml/processing/input/{name}",
                            "S3DataType": "S3Prefix",
                            "S3InputMode": "File",
                        },
                    }
                    for name, uri in (
                        ("data", {"Get": "Parameters.Data"}),
                        ("code", "s3://cli/code/count.py"),
                    )
                ],
                "ProcessingOutputConfig": {
                    "Outputs": [
                        {
                            "OutputName": "counted",
                            "S3Output": {
                                "S3Uri": "s3://cli/out",
                                "LocalPath": "/opt/ml/processing/output",
                                "S3UploadMode": "EndOfJob",
                            },
                        }
                    ]
                },
            },
        }
    ],
}
# What people write around the CLI, which has no `wait` for pipelines.
LOOP = """
set -e
aws s3 mb s3://cli
aws s3 cp --no-progress count.py s3://cli/code/count.py
aws s3 sync --no-progress data s3://cli/data
aws sagemaker create-pipeline --pipeline-name counting --role-arn "$ROLE" \
    --pipeline-definition file://definition.json --query PipelineArn --output text
arn=$(aws sagemaker start-pipeline-execution --pipeline-name counting \
    --pipeline-parameters Name=Data,Value=s3://cli/data --query PipelineExecutionArn --output text)
status=Executing
while [ "$status" = Executing ]; do
    status=$(aws sagemaker describe-pipeline-execution --pipeline-execution-arn "$arn" \
        --query PipelineExecutionStatus --output text)
done
echo "status $status"
aws sagemaker list-pipeline-execution-steps --pipeline-execution-arn "$arn" \
    --query 'PipelineExecutionSteps[].[StepName,StepStatus]' --output text
aws s3 sync --no-progress s3://cli/out out
aws logs filter-log-events --log-group-name /aws/sagemaker/ProcessingJobs --filter-pattern counted \\
    --query 'events[].message' --output text
"""


def test_a_shell_script_runs_a_pipeline(execute: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "a.csv").write_text("1\n2\n")
    (tmp_path / "data" / "deep" / "b.csv").write_text("3\n")
    (tmp_path / "count.py").write_text(COUNT)
    (tmp_path / "definition.json").write_text(json.dumps(DEFINITION))
    folder = Path(sys.executable).parent
    script = f'cd "{tmp_path}"; aws() {{ "{sys.executable}" "{folder}/aws" "$@"; }}; {LOOP}'
    printed = execute("sh", "-c", script, ROLE=ROLE).stdout
    assert "arn:aws:sagemaker:us-east-1:123456789012:pipeline/counting\n" in printed
    assert "status Succeeded\nCount\tSucceeded\n" in printed
    assert printed.endswith("counted 3\n")
    assert (tmp_path / "out" / "count.txt").read_text() == "3"
