from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of
from pipelines.rules.algorithms._jobs import built_in, host_count


class ShardedValidation(Rule):
    """LinearLearner's validation data is spread over the instances.

    Then each instance judges the model by other rows; AWS advises FullyReplicated for this channel.

    Wrong:
        {"ChannelName": "validation", "DataSource": {"S3DataSource": {"S3DataDistributionType": "ShardedByS3Key"}}}

    Right:
        {"ChannelName": "validation", "DataSource": {"S3DataSource": {"S3DataDistributionType": "FullyReplicated"}}}
    """

    code = "W8020"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            if job.algorithm.name != "linear-learner" or host_count(job) < 2:
                continue
            for channel in channels_of(subject, job.training):
                if channel.name == "validation" and channel.distribution == "ShardedByS3Key":
                    yield Match(
                        channel.pointer,
                        f"the channel 'validation' is spread over {host_count(job)} instances; set its "
                        "S3DataDistributionType to FullyReplicated",
                    )
