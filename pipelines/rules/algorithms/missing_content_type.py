from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in

_DEFAULTS: Mapping[str, str] = {
    "xgboost": "text/libsvm",
    "linear-learner": "application/x-recordio-protobuf",
}
# Parts of an S3 URI that say that the data is what the default takes it for.
_TELLING: Mapping[str, tuple[str, ...]] = {
    "xgboost": ("svm",),
    "linear-learner": ("recordio", "protobuf", ".pbr", ".rec"),
}


class MissingContentType(Rule):
    """A channel of a built-in algorithm does not say what its data is.

    Then XGBoost reads it as libsvm and LinearLearner as RecordIO, whatever the files' names are: with CSV the job
    fails, or learns nonsense. If it is what the data is, say so; a URI with `libsvm` or `recordio` in it says so too.

    Wrong:
        {"ChannelName": "train", "DataSource": {}}

    Right:
        {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {}}
    """

    code = "W8014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            name = job.algorithm.name
            for channel in channels_of(subject, job.training):
                if channel.content_type is not None or channel.name not in job.algorithm.channels:
                    continue
                if channel.name != "code" and not _tells(channel.uri, _TELLING[name]):
                    yield Match(
                        channel.pointer,
                        f"without ContentType {name} reads the channel '{channel.name}' as "
                        f"{_DEFAULTS[name]}; give the data's own, such as text/csv",
                    )


def _tells(uri: Any, parts: tuple[str, ...]) -> bool:
    return isinstance(uri, str) and any(part in uri.lower() for part in parts)
