from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._job_names import CUT, ROOM
from pipelines.rules._subject import Subject


class LongName(Rule):
    """A step's name is too long to stand whole in the names of its jobs.

    The service names jobs `pipelines-EXECUTION-STEP-RANDOM` and cuts the step's name to fit into 63 characters, which
    leaves 29 for it. Tuning jobs have 32 in all, so their names hold little of the step in any case.

    Wrong:
        {"Name": "TrainTheChallengerOnTheWholeYear", "Type": "Training"}

    Right:
        {"Name": "TrainChallengerWholeYear", "Type": "Training"}
    """

    code = "I9020"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type in CUT and len(step.name) > ROOM:
                yield Match(
                    f"{step.pointer}/Name",
                    f"'{step.name}' has {len(step.name)} characters; job names keep about {ROOM}: "
                    f"'{step.name[:ROOM]}'",
                )
