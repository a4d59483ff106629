from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in, host_count


class ReplicatedData(Rule):
    """Several instances train on the same data.

    With FullyReplicated, which is the default, every instance of a built-in algorithm gets all rows: more is paid
    and nothing becomes faster.

    Wrong:
        {"InstanceCount": 2, "S3DataDistributionType": "FullyReplicated"}

    Right:
        {"InstanceCount": 2, "S3DataDistributionType": "ShardedByS3Key"}
    """

    code = "W8019"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            if host_count(job) > 1:
                for channel in channels_of(subject, job.training):
                    if channel.name == "train" and channel.distribution == "FullyReplicated":
                        yield Match(
                            channel.pointer,
                            f"each of {host_count(job)} instances gets all of the channel 'train'; set "
                            "S3DataDistributionType to ShardedByS3Key and store several files, or take one "
                            "instance",
                        )
