from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in

_LIBSVM = (None, "libsvm", "text/libsvm", "text/x-libsvm")


class PipeMode(Rule):
    """XGBoost shall read libsvm through a pipe.

    The container answers "Pipe mode not supported for LibSVM." Without a ContentType the data is libsvm to it.

    Wrong:
        {"ChannelName": "train", "ContentType": "text/libsvm", "InputMode": "Pipe"}

    Right:
        {"ChannelName": "train", "ContentType": "text/libsvm", "InputMode": "File"}
    """

    code = "E8016"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            for channel in channels_of(subject, job.training):
                of_libsvm = channel.name == "train" and channel.content_type in _LIBSVM
                if job.algorithm.name == "xgboost" and channel.mode == "Pipe" and of_libsvm:
                    yield Match(
                        channel.pointer,
                        "XGBoost reads libsvm in the modes File and FastFile only, but the channel 'train' is "
                        "in mode Pipe; set InputMode to File, or ContentType if it is not libsvm",
                    )
