from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import tunings


class OneDefinitionOnly(Rule):
    """A tuning job of several algorithms uses early stopping or warm start.

    Both are for one training job definition: the service refuses the tuning job, when the step starts.

    Wrong:
        {"TrainingJobDefinitions": [{"DefinitionName": "a"}, {"DefinitionName": "b"}], "WarmStartConfig": {}}

    Right:
        {"TrainingJobDefinitions": [{"DefinitionName": "a"}, {"DefinitionName": "b"}]}
    """

    code = "E8547"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            count = len(tuning.definitions)
            if count > 1 and tuning.arguments.get("WarmStartConfig") is not None:
                yield Match(
                    f"{tuning.pointer}/WarmStartConfig",
                    f"warm start is for one training job definition, and there are {count}; leave it out",
                )
            if count > 1 and tuning.stops_early:
                yield Match(
                    f"{tuning.config_pointer}/TrainingJobEarlyStoppingType",
                    f"early stopping is for one training job definition, and there are {count}; set it to Off",
                )
