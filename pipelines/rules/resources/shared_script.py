from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import PROCESSING, inputs
from pipelines.rules._subject import Subject

# A key with a hash of the content has one content.
_HASH = re.compile(r"(?:^|/)[0-9a-f]{32,64}(?:/|$)")


class SharedScript(Rule):
    """Two processing steps run the same generated start script.

    The SDK's FrameworkProcessor writes each step's own `runproc.sh`, with the script's name in it, under a key made of
    the source folder only: the step composed last overwrites the other's, and both run the same script
    (sagemaker-python-sdk#3559).

    Wrong:
        Two steps with {"S3Uri": "s3://bucket/code/runproc.sh"}

    Right:
        One folder of sources per step, or one script that takes what to do as an argument.
    """

    code = "W9016"

    def check(self, subject: Subject) -> Iterator[Match]:
        first: dict[str, StepDefinition] = {}
        for step in subject.all_steps:
            for pointer, _, source in inputs(step) if step.type in PROCESSING else ():
                text = subject.rendered(source.get("S3Uri")) or ""
                if not text.endswith("/runproc.sh") or _HASH.search(text.rpartition("/")[0]):
                    continue
                other = first.setdefault(text, step)
                if other is not step:
                    yield Match(
                        f"{pointer}/S3Input/S3Uri",
                        f"step '{other.name}' starts '{text}' too, and one script runs in both; give each step its own",
                    )
