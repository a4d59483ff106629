from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.expressions import escape
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in, specified


class HyperparameterValue(Rule):
    """A hyperparameter has a value that its algorithm does not take.

    The container checks its hyperparameters when it starts: the job fails after minutes, on a paid instance.
    A parameter counts with its default.

    Wrong:
        {"HyperParameters": {"num_round": "100", "eta": "1.5"}}

    Right:
        {"HyperParameters": {"num_round": "100", "eta": "0.15"}}
    """

    code = "E8002"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for name, value in job.written.items():
                known = specified(job.algorithm, name)
                refusal = known.refusal(value) if known else None
                if refusal:
                    yield Match(f"{job.pointer}/{escape(name)}", f"{refusal}; change the value")
