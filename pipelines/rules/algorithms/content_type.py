from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.algorithms._base import Algorithm
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in, shown


class ContentType(Rule):
    """A channel has a content type that the algorithm does not read.

    XGBoost compares the text exactly, so that `text/csv; label_size=1` and `text/csv;label_size=0` fail there;
    LinearLearner trains on one label in the first column. The job fails after minutes, on a paid instance.

    Wrong:
        {"ChannelName": "train", "ContentType": "text/csv;label_size=0"}

    Right:
        {"ChannelName": "train", "ContentType": "text/csv"}
    """

    code = "E8013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            allowed = job.algorithm.content_types
            for channel in channels_of(subject, job.training):
                given = channel.content_type
                if not isinstance(given, str) or channel.name == "code":
                    continue
                if not _is_read(job.algorithm, given):
                    yield Match(
                        f"{channel.pointer}/ContentType",
                        f"{job.algorithm.name} does not read '{shown(given)}'; "
                        f"allowed: {', '.join(allowed)}",
                    )


def _is_read(algorithm: Algorithm, given: str) -> bool:
    if algorithm.name == "xgboost":
        return given in algorithm.content_types
    kind, _, parameters = given.replace(" ", "").lower().partition(";")
    return kind in algorithm.content_types and parameters in ("", "label_size=1")
