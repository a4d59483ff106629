from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import shown


class ChannelTwice(Rule):
    """Two channels of a training job have the same name.

    Both stand for one folder in the container, so at best the data of one is missing.

    Wrong:
        {"InputDataConfig": [{"ChannelName": "train"}, {"ChannelName": "train"}]}

    Right:
        {"InputDataConfig": [{"ChannelName": "train"}, {"ChannelName": "validation"}]}
    """

    code = "W8012"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            seen: set[str] = set()
            for channel in channels_of(subject, training):
                if not isinstance(channel.name, str):
                    continue
                if channel.name in seen:
                    yield Match(
                        f"{channel.pointer}/ChannelName",
                        f"the channel '{shown(channel.name)}' is given before; give each its own name, "
                        "or put the data below one S3 prefix",
                    )
                seen.add(channel.name)
