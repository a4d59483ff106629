"""A tuning strategy proposes the hyperparameters of the next training job."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class RangeKind(StrEnum):
    INTEGER = "Integer"
    CONTINUOUS = "Continuous"
    CATEGORICAL = "Categorical"


class Scaling(StrEnum):
    AUTO = "Auto"
    LINEAR = "Linear"
    LOGARITHMIC = "Logarithmic"
    REVERSE_LOGARITHMIC = "ReverseLogarithmic"


@dataclass(frozen=True)
class Range:
    """`low` and `high` bound a number (both included); `values` are a categorical's choices."""

    name: str
    kind: RangeKind
    low: float = 0.0
    high: float = 0.0
    values: tuple[str, ...] = ()
    scaling: Scaling = Scaling.AUTO


@dataclass(frozen=True)
class Trial:
    """One training job of the tuning job; `value` is its objective, None when it failed or still runs."""

    number: int
    parameters: Mapping[str, str]
    value: float | None = None


class Strategy(ABC):
    """Subclass = one file; found by the service's word for it (`Bayesian`, `Random`).

    `suggest` is a function of its arguments and the seed alone: same history, same proposal, so that
    a tuning job is reproducible although its training jobs run in parallel.
    """

    name: ClassVar[str]

    def __init__(self, ranges: Sequence[Range], *, maximize: bool, seed: int) -> None:
        self.ranges = tuple(ranges)
        self.maximize = maximize
        self.seed = seed

    @abstractmethod
    def suggest(
        self, finished: Sequence[Trial], running: Sequence[Trial]
    ) -> Mapping[str, str] | None:
        """Hyperparameters of trial number len(finished) + len(running) as text; None when nothing is left to try."""
