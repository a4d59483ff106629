from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.document import StepDefinition
from pipelines.rules._base import Match, Rule
from pipelines.rules._job_names import CUT, ROOM
from pipelines.rules._subject import Subject


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
            if step.type not in CUT or len(step.name) < ROOM:
                continue
            # Two jobs of different kinds never stand in one list.
            other = first.setdefault((step.type, step.name[:ROOM]), step)
            if other.name != step.name:
                yield Match(
                    f"{step.pointer}/Name",
                    f"'{step.name}' and '{other.name}' both become '{step.name[:ROOM]}' in the names of their jobs; "
                    "put what differs first",
                )
