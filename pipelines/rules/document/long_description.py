from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# Member -> the longest text that ListPipelineExecutionSteps returns of it.
_LONGEST = {"DisplayName": 256, "Description": 3072}


class LongDescription(Rule):
    """The description or display name of a step is longer than listings of steps can hold.

    ListPipelineExecutionSteps has room for 3072 and 256 characters.

    Wrong:
        {"Name": "Prepare", "DisplayName": "three hundred characters about preparing"}

    Right:
        {"Name": "Prepare", "DisplayName": "Prepare the data", "Description": "the three hundred characters"}
    """

    code = "W1023"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            written = {"DisplayName": step.display_name, "Description": step.description}
            for member, text in written.items():
                if isinstance(text, str) and len(text) > _LONGEST[member]:
                    yield Match(
                        f"{step.pointer}/{member}",
                        f"{member} of '{step.name}' has {len(text)} characters; a listing of steps holds "
                        f"{_LONGEST[member]}",
                    )
