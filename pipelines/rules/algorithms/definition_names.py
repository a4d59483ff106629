from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._jobs import shown
from pipelines.rules.algorithms._tuning import tunings


class DefinitionNames(Rule):
    """Training job definitions of a tuning job lack a name of their own.

    Each of several needs a DefinitionName that no other has: the service refuses the tuning job, when the step
    starts.

    Wrong:
        {"TrainingJobDefinitions": [{"DefinitionName": "linear"}, {"DefinitionName": "linear"}]}

    Right:
        {"TrainingJobDefinitions": [{"DefinitionName": "linear"}, {"DefinitionName": "trees"}]}
    """

    code = "E8551"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            seen: set[str] = set()
            for training in tuning.definitions if len(tuning.definitions) > 1 else ():
                name = subject.value(training.request.get("DefinitionName"))
                if name is None:
                    yield Match(
                        training.pointer,
                        "each of several TrainingJobDefinitions needs a DefinitionName; add it",
                    )
                elif isinstance(name, str):
                    if name in seen:
                        yield Match(
                            f"{training.pointer}/DefinitionName",
                            f"the DefinitionName '{shown(name)}' is given before; choose another",
                        )
                    seen.add(name)
