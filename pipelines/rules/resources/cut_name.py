from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# 63 characters less `pipelines-`, 12 of the execution, two hyphens and 10 at random. How the service cuts exactly is not
# established. Tuning jobs have 32 in all: their names hold little of the step in any case.
_ROOM = 29
# Step types whose jobs and models are named so, with 63 characters.
_CUT = ("Processing", "Training", "Transform", "Model", "QualityCheck", "ClarifyCheck")


class CutName(Rule):
    """Two steps' jobs cannot be told apart by their names.

    The service cuts the step's name in the job's to about 29 characters, and both steps' names begin with the same 29.
    In the console, in costs and in logs their jobs look alike.

    Wrong:
        [{"Name": "TrainChallengerOnTheWholeYear2023"}, {"Name": "TrainChallengerOnTheWholeYear2024"}]

    Right:
        [{"Name": "Train2023ChallengerWholeYear"}, {"Name": "Train2024ChallengerWholeYear"}]
    """

    code = "W9021"

    def check(self, subject: Subject) -> Iterator[Match]:
        first: dict[tuple[str, str], StepDefinition] = {}
        for step in subject.all_steps:
            if step.type not in _CUT or len(step.name) < _ROOM:
                continue
            # Two jobs of different kinds never stand in one list.
            other = first.setdefault((step.type, step.name[:_ROOM]), step)
            if other.name != step.name:
                yield Match(
                    f"{step.pointer}/Name",
                    f"'{step.name}' and '{other.name}' both become '{step.name[:_ROOM]}' in the names of their jobs; "
                    "put what differs first",
                )
