from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# Shapes that allow an empty text in the model, and where it never means anything.
_SHAPES = ("ImageUri", "AlgorithmImage", "ProcessingLocalPath", "DirectoryPath")
_NAMES = ("InputName", "OutputName")


class EmptyText(Rule):
    """An image, a path or a name is an empty text.

    The model of the API lets it pass, so CreatePipeline does too; the job is refused when the step starts. Usually a
    setting was not set.

    Wrong:
        {"AppSpecification": {"ImageUri": ""}}

    Right:
        {"AppSpecification": {"ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"}}
    """

    code = "E2011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            if (member.shape in _SHAPES or member.name in _NAMES) and member.value is not None:
                text = subject.rendered(member.value)
                if text is not None and not text.strip():
                    yield Match(member.pointer, f"'{member.name}' is empty; it needs a value")
