from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._locations import listed, mapping_at
from pipelines.rules._subject import Subject


class InputModes(Rule):
    """A training job uses the input modes Pipe and FastFile together.

    The job is refused: "Cannot use both 'Pipe' and 'FastFile' TrainingInputMode on the same Training Job." A channel
    without InputMode has the job's TrainingInputMode.

    Wrong:
        {"AlgorithmSpecification": {"TrainingInputMode": "Pipe"}, "InputDataConfig": [{"InputMode": "FastFile", ...}]}

    Right:
        {"AlgorithmSpecification": {"TrainingInputMode": "FastFile"}, "InputDataConfig": [{"InputMode": "FastFile", ...}]}
    """

    code = "E2027"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            job = mapping_at(training.request, "AlgorithmSpecification").get("TrainingInputMode")
            first: dict[str, int] = {}
            for index, channel in listed(training.request.get("InputDataConfig")):
                mode = subject.value(channel.get("InputMode", job))
                other = {"Pipe": "FastFile", "FastFile": "Pipe"}.get(str(mode))
                if other in first:
                    where = f"{training.pointer}/InputDataConfig/{index}"
                    yield Match(
                        f"{where}/InputMode" if "InputMode" in channel else where,
                        f"has mode {mode} while channel {first[other]} has {other}; use one of them, or File",
                    )
                    break
                first.setdefault(str(mode), index)
