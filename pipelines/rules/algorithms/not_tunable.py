from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import BuiltIn, built_in, hint, shown, specified
from pipelines.rules.algorithms._ranges import Range, RangeKind, ranges_of


class NotTunable(Rule):
    """A range is for a hyperparameter that the built-in algorithm does not let be tuned.

    The service refuses the tuning job, when the step starts.

    Wrong:
        {"CategoricalParameterRanges": [{"Name": "tree_method", "Values": ["exact", "hist"]}]}

    Right:
        {"StaticHyperParameters": {"tree_method": "hist"}}
    """

    code = "E8511"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for each in ranges_of(subject, job.training):
                if each.name is not None and each.kind is not RangeKind.AUTO:
                    yield from _check(job, each, each.name)


def _check(job: BuiltIn, each: Range, name: str) -> Iterator[Match]:
    known = specified(job.algorithm, name)
    if known is not None and known.tunable:
        return
    tunable = [one.name for one in job.algorithm.hyperparameters if one.tunable]
    advice = (
        hint(name, tunable)
        if known is None
        else f"give it a static value; tunable: {', '.join(sorted(tunable))}"
    )
    yield Match(
        f"{each.pointer}/Name",
        f"{job.algorithm.name} has no tunable hyperparameter '{shown(name)}'; {advice}",
    )
