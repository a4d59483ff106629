from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of, names_of
from pipelines.rules.algorithms._jobs import built_in


class MissingChannel(Rule):
    """A built-in algorithm lacks the channel it needs.

    The container looks for it when it starts: the job fails after minutes, on a paid instance.

    Wrong:
        {"InputDataConfig": [{"ChannelName": "training", "DataSource": {}}]}

    Right:
        {"InputDataConfig": [{"ChannelName": "train", "DataSource": {}}]}
    """

    code = "E8010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            names = names_of(channels_of(subject, job.training), job.training)
            for required in job.algorithm.required_channels if names is not None else ():
                # A misspelt name is told already, by the rule for unknown channels.
                if names is not None and names <= {*job.algorithm.channels} - {required}:
                    listed = "InputDataConfig" in job.training.request
                    yield Match(
                        (
                            f"{job.training.pointer}/InputDataConfig"
                            if listed
                            else job.training.pointer
                        ),
                        f"{job.algorithm.name} needs the channel '{required}' but has "
                        f"{', '.join(sorted(names)) or 'none'}; add it to InputDataConfig",
                    )
