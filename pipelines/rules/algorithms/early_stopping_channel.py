from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._channels import channels_of, names_of
from pipelines.rules.algorithms._jobs import built_in


class EarlyStoppingChannel(Rule):
    """XGBoost shall stop early but has no validation channel.

    Without one, early_stopping_rounds is silently ignored: all of num_round is trained and paid.

    Wrong:
        {"HyperParameters": {"early_stopping_rounds": "10"}, "InputDataConfig": [{"ChannelName": "train"}]}

    Right:
        {"HyperParameters": {"early_stopping_rounds": "10"},
         "InputDataConfig": [{"ChannelName": "train"}, {"ChannelName": "validation"}]}
    """

    code = "W8021"

    def check(self, subject: Subject) -> Iterator[Match]:
        for job in built_in(subject):
            names = names_of(channels_of(subject, job.training), job.training)
            if names is None or "validation" in names or "_kfold" in job.given:
                continue
            if job.algorithm.name == "xgboost" and "early_stopping_rounds" in job.given:
                yield Match(
                    job.at("early_stopping_rounds"),
                    "early_stopping_rounds is ignored without a channel 'validation'; add the channel, or "
                    "leave early_stopping_rounds out",
                )
