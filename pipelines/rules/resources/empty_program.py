from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._containers import containers
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import Subject


class EmptyProgram(Rule):
    """A container's SAGEMAKER_PROGRAM is empty.

    The variable names the user's own script. The XGBoost container takes an empty one for a name, looks for a module
    without one and does not start. The SDK's `ModelBuilder.register()` writes it; this project's synth removes it.

    Wrong:
        {"Image": "...", "Environment": {"SAGEMAKER_PROGRAM": "", "SAGEMAKER_SUBMIT_DIRECTORY": ""}}

    Right:
        {"Image": "..."}
    """

    code = "E9020"

    def check(self, subject: Subject) -> Iterator[Match]:
        for _, pointer, container in containers(subject):
            environment = mapping_at(container, "Environment")
            if environment.get("SAGEMAKER_PROGRAM") == "":
                yield Match(
                    f"{pointer}/Environment/SAGEMAKER_PROGRAM",
                    "is empty, which sends the container looking for a script without a name; remove it, and with it "
                    "SAGEMAKER_SUBMIT_DIRECTORY",
                )
