from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import built_in, shown


class ModelsUnderTuning(Rule):
    """LinearLearner is tuned with several models per training job.

    Under tuning its own search over models is off: num_models is 1, whatever is given.

    Wrong:
        {"StaticHyperParameters": {"predictor_type": "regressor", "num_models": "32"}}

    Right:
        {"StaticHyperParameters": {"predictor_type": "regressor"}}
    """

    code = "W8535"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            count = job.values.get("num_models", "1")
            tuned = job.training.tuned and job.algorithm.name == "linear-learner"
            if tuned and count not in ("1", "auto"):
                yield Match(
                    job.at("num_models"),
                    f"num_models is {shown(count)}, but is always 1 under tuning; leave it out",
                )
