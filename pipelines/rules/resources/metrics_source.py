from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import writes
from pipelines.rules._members import Member
from pipelines.rules._subject import Subject

_OWN = "{Execution."


class MetricsSource(Rule):
    """A model's metrics or baselines are said to lie where no step of this execution writes.

    The registry does not read the file, so nothing fails: the model's page just shows no metrics. Only locations with
    the execution in their name are looked at; others may have been written before.

    Wrong:
        {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://bucket", {"Get": "Execution.PipelineExecutionId"}, "evaluatoin/report.json"]}}}

    Right:
        {"S3Uri": {"Std:Join": {"On": "/", "Values":
          [{"Get": "Steps.Evaluate.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri"}, "report.json"]}}}
    """

    code = "W9015"

    def check(self, subject: Subject) -> Iterator[Match]:
        wanted = [member for member in subject.members if _source(member)]
        if not wanted:
            return
        written = {location.text for location in writes(subject)}
        for member in wanted:
            text = subject.rendered(member.value)
            if not (text and text.startswith("s3://") and _OWN in text):
                continue
            if not any(folder in written for folder in _folders(text)):
                yield Match(
                    member.pointer,
                    f"no step writes to '{text}'; refer to the output of the step that evaluates",
                )


def _source(member: Member) -> bool:
    return member.name == "S3Uri" and any(
        part in member.pointer for part in ("/ModelMetrics/", "/DriftCheckBaselines/")
    )


def _folders(text: str) -> Iterator[str]:
    while text.count("/") > 2:
        yield text
        text = text.rpartition("/")[0]
    yield text
