from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import mapping_at
from pipelines.rules._subject import UNKNOWN, Subject


class AutoMLMode(Rule):
    """An AutoML step does not run in the mode ENSEMBLING.

    Pipelines support no other mode, and the service's default is another.

    Wrong:
        {"AutoMLJobConfig": {"CompletionCriteria": {...}}, ...}

    Right:
        {"AutoMLJobConfig": {"Mode": "ENSEMBLING", "CompletionCriteria": {...}}, ...}
    """

    code = "E2034"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type == "AutoML":
                config = mapping_at(step.arguments, "AutoMLJobConfig")
                mode = subject.value(config.get("Mode"))
                if mode is not UNKNOWN and mode != "ENSEMBLING":
                    found = "is missing" if mode is None else f"is {mode!r}"
                    where = f"{step.pointer}/Arguments"
                    if config:
                        where += "/AutoMLJobConfig" if mode is None else "/AutoMLJobConfig/Mode"
                    yield Match(
                        where,
                        f"'Mode' of AutoMLJobConfig {found}; an AutoML step needs \"ENSEMBLING\"",
                    )
