from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.definition.tuning_limits import EPOCHS, MOST_EPOCHS
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import UNKNOWN, Subject, TrainingDefinition, mapping
from pipelines.rules.algorithms._tuning import Tuning, is_count, tunings, whole


class HyperbandResource(Rule):
    """Hyperband does not know for how many epochs a training job may run.

    It takes MaxResource, or a static hyperparameter called epochs, numepochs, n-epochs, n_epochs or num_epochs
    (XGBoost's num_round is none of them). 1 <= MinResource < MaxResource <= 20,000.

    Wrong:
        {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1}}}

    Right:
        {"Strategy": "Hyperband",
         "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 50}}}
    """

    code = "E8544"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            if tuning.strategy == "Hyperband":
                for training in tuning.definitions:
                    yield from _resource(tuning, training)


def _resource(tuning: Tuning, training: TrainingDefinition) -> Iterator[Match]:
    config = mapping(mapping(tuning.config.get("StrategyConfig")).get("HyperbandStrategyConfig"))
    least = whole(tuning.subject.value(config.get("MinResource", 1)))
    most = whole(tuning.subject.value(config.get("MaxResource")))
    most = _epochs(tuning.subject, training) if most is None else most
    stated = tuning.config.get("StrategyConfig") is not None
    where = f"{tuning.config_pointer}/StrategyConfig" if stated else tuning.config_pointer
    if most is None and not tuning.is_autotuned:
        yield Match(
            where,
            "Hyperband needs MaxResource in its HyperbandStrategyConfig; add it, or a static hyperparameter: "
            f"{', '.join(EPOCHS)}",
        )
    elif is_count(least) and is_count(most) and not 1 <= least < most <= MOST_EPOCHS:
        yield Match(
            where,
            f"Hyperband has MinResource {least} and MaxResource {most}; allowed: "
            f"1 <= MinResource < MaxResource <= {MOST_EPOCHS}",
        )


def _epochs(subject: Subject, training: TrainingDefinition) -> Any:
    for name in EPOCHS:
        if name in training.hyperparameters:
            text = subject.value(training.hyperparameters[name])
            known = isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 10
            return int(text) if known else UNKNOWN
    return None
