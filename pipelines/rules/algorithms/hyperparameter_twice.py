from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in


class HyperparameterTwice(Rule):
    """A hyperparameter is given under both of its names.

    XGBoost takes some hyperparameters under two names (`eta` and `learning_rate`); only one of the values counts.

    Wrong:
        {"HyperParameters": {"num_round": "100", "eta": "0.1", "learning_rate": "0.3"}}

    Right:
        {"HyperParameters": {"num_round": "100", "eta": "0.1"}}
    """

    code = "W8004"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for other, name in job.algorithm.aliases.items():
                given = {*job.training.hyperparameters, *job.tuned}
                if other in given and name in given:
                    yield Match(
                        job.pointer,
                        f"'{other}' and '{name}' are names of one hyperparameter, and only one of the "
                        f"values counts; leave out '{other}'",
                    )
