from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import tunings


class StrategyConfig(Rule):
    """StrategyConfig is given for a strategy that has none.

    Only Hyperband has one: the service refuses the tuning job, when the step starts.

    Wrong:
        {"Strategy": "Bayesian", "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 20}}}

    Right:
        {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 20}}}
    """

    code = "E8540"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            given = tuning.config.get("StrategyConfig")
            if given and tuning.strategy in ("Bayesian", "Random", "Grid"):
                yield Match(
                    f"{tuning.config_pointer}/StrategyConfig",
                    f"StrategyConfig is for Hyperband, but the strategy is {tuning.strategy}; leave it out",
                )
