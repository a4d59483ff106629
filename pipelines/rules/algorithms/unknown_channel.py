from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in, hint, shown


class UnknownChannel(Rule):
    """A channel has a name that the built-in algorithm does not know.

    XGBoost's container answers "Extraneous channel found" and the job fails; a `test` channel is one for it.
    LinearLearner's source is not public, but a name that it does not know is of no use there either.

    Wrong:
        {"ChannelName": "validaton"}

    Right:
        {"ChannelName": "validation"}
    """

    code = "E8011"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for channel in channels_of(subject, job.training):
                name = channel.name
                if isinstance(name, str) and name not in job.algorithm.channels:
                    yield Match(
                        f"{channel.pointer}/ChannelName",
                        f"{job.algorithm.name} has no channel '{shown(name)}'; "
                        f"{hint(name, job.algorithm.channels)}",
                    )
