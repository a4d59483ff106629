from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.algorithms._tuning import tunings


class HyperbandEarlyStopping(Rule):
    """Hyperband is combined with early stopping.

    Hyperband stops weak training jobs itself, so TrainingJobEarlyStoppingType must be Off: the service refuses
    the tuning job, when the step starts.

    Wrong:
        {"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"}

    Right:
        {"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Off"}
    """

    code = "E8543"

    def check(self, subject: Subject) -> Iterator[Match]:
        for tuning in tunings(subject):
            if tuning.strategy == "Hyperband" and tuning.stops_early:
                yield Match(
                    f"{tuning.config_pointer}/TrainingJobEarlyStoppingType",
                    "Hyperband stops training jobs itself, but TrainingJobEarlyStoppingType is Auto; set it to Off",
                )
