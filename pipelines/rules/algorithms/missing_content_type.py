from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in

_DEFAULTS: Mapping[str, str] = {
    "xgboost": "text/libsvm",
    "linear-learner": "application/x-recordio-protobuf",
}


class MissingContentType(Rule):
    """A channel of a built-in algorithm does not say what its data is.

    Then XGBoost reads it as libsvm and LinearLearner as RecordIO, whatever the files' names are: with CSV the job
    fails, or learns nonsense. If it is what the data is, say so.

    Wrong:
        {"ChannelName": "train", "DataSource": {}}

    Right:
        {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {}}
    """

    code = "W8014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            default = _DEFAULTS[job.algorithm.name]
            for channel in channels_of(subject, job.training):
                if channel.content_type is None and channel.name in ("train", "validation", "test"):
                    yield Match(
                        channel.pointer,
                        f"without ContentType {job.algorithm.name} reads the channel '{channel.name}' as "
                        f"{default}; give the data's own, such as text/csv",
                    )
