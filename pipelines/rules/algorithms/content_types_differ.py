from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in, shown


class ContentTypesDiffer(Rule):
    """XGBoost's channels have different content types.

    It reads the validation channel with the train channel's type.

    Wrong:
        [{"ChannelName": "train", "ContentType": "text/csv"},
         {"ChannelName": "validation", "ContentType": "text/libsvm"}]

    Right:
        [{"ChannelName": "train", "ContentType": "text/csv"},
         {"ChannelName": "validation", "ContentType": "text/csv"}]
    """

    code = "W8015"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            if job.algorithm.name != "xgboost":
                continue
            channels = {
                each.name: each
                for each in channels_of(subject, job.training)
                if isinstance(each.name, str) and each.content_type in job.algorithm.content_types
            }
            train, validation = channels.get("train"), channels.get("validation")
            if train and validation and _kind(train.content_type) != _kind(validation.content_type):
                yield Match(
                    f"{validation.pointer}/ContentType",
                    f"validation is '{shown(validation.content_type)}', but XGBoost reads it as train's "
                    f"'{shown(train.content_type)}'; give both channels data of one type",
                )


def _kind(content_type: str) -> str:
    """`text/x-libsvm` and `libsvm` are one type."""
    return content_type.partition("/")[2].removeprefix("x-") or content_type
