from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of


class MixedModes(Rule):
    """A training job has channels in mode Pipe and channels in mode FastFile.

    The service refuses it: "Cannot use both 'Pipe' and 'FastFile' TrainingInputMode on the same Training Job."

    Wrong:
        [{"ChannelName": "train", "InputMode": "FastFile"}, {"ChannelName": "validation", "InputMode": "Pipe"}]

    Right:
        [{"ChannelName": "train", "InputMode": "FastFile"}, {"ChannelName": "validation", "InputMode": "File"}]
    """

    code = "E8017"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            modes = {
                channel.mode for channel in channels_of(subject, training) if _known(channel.mode)
            }
            if {"Pipe", "FastFile"} <= modes:
                yield Match(
                    f"{training.pointer}/InputDataConfig",
                    "some channels are in mode Pipe and some in FastFile; allowed is one of the two beside "
                    "File: change InputMode",
                )


def _known(mode: object) -> bool:
    return isinstance(mode, str)
