from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of


class CompressedFiles(Rule):
    """A channel that is not in mode Pipe has CompressionType Gzip.

    The service unpacks in mode Pipe only; in other modes the code in the container gets the packed files.

    Wrong:
        {"ChannelName": "train", "CompressionType": "Gzip", "InputMode": "File"}

    Right:
        {"ChannelName": "train", "CompressionType": "Gzip", "InputMode": "Pipe"}
    """

    code = "W8018"

    def check(self, subject: Subject) -> Iterator[Match]:
        for training in subject.training:
            for channel in channels_of(subject, training):
                if channel.compression == "Gzip" and channel.mode in ("File", "FastFile"):
                    yield Match(
                        f"{channel.pointer}/CompressionType",
                        f"CompressionType is for mode Pipe, but the mode is {channel.mode}: the files stay "
                        "packed; leave it out, and store the data unpacked if the code does not unpack it",
                    )
