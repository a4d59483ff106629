from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import tunings


class DefinitionChoice(Rule):
    """A tuning job has no training job definition, or both forms of it.

    It takes either TrainingJobDefinition or a list in TrainingJobDefinitions: the service refuses it otherwise,
    when the step starts.

    Wrong:
        {"HyperParameterTuningJobConfig": {"Strategy": "Random"}}

    Right:
        {"HyperParameterTuningJobConfig": {"Strategy": "Random"}, "TrainingJobDefinition": {"RoleArn": "..."}}
    """

    code = "E8550"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            one = tuning.arguments.get("TrainingJobDefinition")
            several = tuning.arguments.get("TrainingJobDefinitions")
            if one and several:
                yield Match(
                    f"{tuning.pointer}/TrainingJobDefinition",
                    "there are TrainingJobDefinition and TrainingJobDefinitions; leave out one of them",
                )
            if one is None and several is None:
                yield Match(
                    tuning.pointer,
                    "the tuning job does not say what to train; add TrainingJobDefinition",
                )
