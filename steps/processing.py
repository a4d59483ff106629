"""A script that runs in a container as a processing job: builds the CreateProcessingJob request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steps._base import ExactProcessingStep
from steps.algorithms.values import Text, as_text
from steps.context import Context
from steps.settings import processing

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"


@dataclass(frozen=True)
class ScriptJob:
    """`inputs` are found at INPUT/<name>, `outputs` are taken from OUTPUT/<name>.

    A script's argument is a text, so numbers and pipeline parameters become one.
    """

    script: str
    image_uri: Text
    instance_type: Text
    inputs: Mapping[str, Text]
    outputs: Mapping[str, Text]
    arguments: Mapping[str, Any]
    volume_gb: int = 30
    max_runtime_seconds: int = 3600

    def request(self, context: Context) -> dict[str, Any]:
        """CreateProcessingJob without a name."""
        sources = {**self.inputs, "code": context.script(self.script)}
        cluster = {
            "InstanceType": self.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": self.volume_gb,
        }
        request = {
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {
                "ImageUri": self.image_uri,
                "ContainerEntrypoint": ["python3", f"{INPUT}/code/{self.script}"],
                "ContainerArguments": self._arguments(),
            },
            "RoleArn": context.env.role_arn,
            "ProcessingInputs": [_input(name, uri) for name, uri in sources.items()],
            "ProcessingOutputConfig": {
                "Outputs": [_output(name, uri) for name, uri in self.outputs.items()]
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_runtime_seconds},
        }
        return processing(context, request)

    def _arguments(self) -> list[Any]:
        return [part for name, value in self.arguments.items() for part in (name, as_text(value))]


def output_uri(step: ExactProcessingStep, name: str) -> Any:
    """Where a finished processing step put an output, also when the step came from the cache."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _input(name: str, uri: Text) -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": f"{INPUT}/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "S3Input": source}


def _output(name: str, uri: Text) -> dict[str, Any]:
    target = {"S3Uri": uri, "LocalPath": f"{OUTPUT}/{name}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": target}
