from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import BuiltIn, built_in


class HyperparameterCombination(Rule):
    """A required hyperparameter is missing, or some do not fit together.

    The container checks this when it starts: the job fails after minutes, on a paid instance. A hyperparameter
    with a range counts as given.

    Wrong:
        {"HyperParameters": {"num_round": "100", "objective": "multi:softmax"}}

    Right:
        {"HyperParameters": {"num_round": "100", "objective": "multi:softmax", "num_class": "3"}}
    """

    code = "E8003"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            if job.is_described and not job.is_autotuned:
                yield from _refusals(job)


def _refusals(job: BuiltIn) -> Iterator[Match]:
    """Values that are wrong by themselves are another rule's: here they count as not known yet."""
    known = {each.name: each for each in job.algorithm.hyperparameters}
    values = {
        name: text
        for name, text in job.values.items()
        if name in known and known[name].refusal(text) is None
    }
    later = frozenset(name for name in job.given - values.keys() if name in known)
    for refusal in dict.fromkeys(job.algorithm.refusals(values, later=later)):
        name = refusal.partition(":")[0]
        advice = "change one of them" if name in job.given else "add it"
        yield Match(job.at(name), f"{refusal}; {advice}")
