from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.rules._base import Match, Rule
from pipelines.rules._containers import containers
from pipelines.rules._subject import Subject

# What a property that is no location ends in.
_NO_LOCATION = ("Name}", "Arn}", "Status}", "Value}", "Type}")


class ModelData(Rule):
    """The ModelDataUrl of a model or model package is not one .tar.gz archive.

    A training job writes its model to OutputDataConfig/JOB/output/model.tar.gz; neither the output path nor the job's
    name is that place. The step fails with "Could not find model data", or the endpoint never starts.

    Wrong:
        {"ModelDataUrl": {"Get": "Steps.Train.OutputDataConfig.S3OutputPath"}}

    Right:
        {"ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}
    """

    code = "E9011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for _, pointer, container in containers(subject):
            # A container for many models takes the folder that they lie in.
            if subject.value(container.get("Mode")) == "MultiModel":
                continue
            written = container.get("ModelDataUrl")
            text = subject.rendered(written) if written is not None else None
            if text and not _archive(text):
                yield Match(f"{pointer}/ModelDataUrl", f"'{text}' {_remedy(written, text)}")


def _archive(text: str) -> bool:
    if text.endswith("}"):
        # Only the run tells, but of some properties it is known that they are no location.
        last = text[text.rindex("{") :]
        return not (last.startswith("{Steps.") and last.endswith(_NO_LOCATION))
    return text.startswith(("s3://", "https://", "{")) and text.endswith(".tar.gz")


def _remedy(written: Any, text: str) -> str:
    target = written.get("Get") if isinstance(written, dict) else None
    named = isinstance(target, str) and target.startswith("Steps.")
    step = target.split(".")[1] if isinstance(target, str) and named else "STEP"
    if ".BestTrainingJob." in text:
        return (
            "is no archive; join the output path, the job's name and 'output/model.tar.gz' with '/'"
        )
    return f"is no .tar.gz archive; for a training step refer to Steps.{step}.ModelArtifacts.S3ModelArtifacts"
