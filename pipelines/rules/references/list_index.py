from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.references._echo import dead_ends


class ListIndex(Rule):
    """A reference takes an entry beyond the end of a list of its step's request.

    Entries are counted from 0. The reference is undefined at run time, and the step that needs it fails.

    Wrong:
        {"Get": "Steps.Train.InputDataConfig[2].ChannelName"} where Train has two channels

    Right:
        {"Get": "Steps.Train.InputDataConfig[1].ChannelName"}
    """

    code = "E3012"

    def check(self, subject: Subject) -> Iterator[Match]:
        for where, reference, dead in dead_ends(subject):
            if isinstance(dead.present, int):
                there = f"0 to {dead.present - 1}" if dead.present else "none"
                yield Match(
                    where,
                    f"{dead.owner}[{dead.segment}] does not exist: step '{reference.step}' has {dead.present} "
                    f"of them (counted from 0: {there})",
                )
