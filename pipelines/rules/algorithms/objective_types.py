from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import objective_of, tunings


class ObjectiveTypes(Rule):
    """The objectives of a tuning job's definitions point in different directions.

    The best of all training jobs is looked for, so all objectives have the same Type: the service refuses the
    tuning job, when the step starts.

    Wrong:
        [{"TuningObjective": {"Type": "Minimize"}}, {"TuningObjective": {"Type": "Maximize"}}]

    Right:
        [{"TuningObjective": {"Type": "Minimize"}}, {"TuningObjective": {"Type": "Minimize"}}]
    """

    code = "E8552"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            found = [objective_of(subject, training) for training in tuning.definitions]
            known = [each for each in found if each and each.type in ("Minimize", "Maximize")]
            for each in known[1:]:
                if each.type != known[0].type:
                    yield Match(
                        f"{each.pointer}/Type",
                        f"this objective is {each.type}d and the first one {known[0].type}d; take metrics "
                        "of one direction",
                    )
