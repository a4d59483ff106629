"""A tuning strategy proposes the hyperparameters of the next training job."""

from __future__ import annotations

import math
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
    """One training job of the tuning job, or of a parent that warms it up (then `number` is negative).

    `value` is its objective, None when it failed or still runs; `curve` is the objective after each epoch, in order,
    empty where nobody asked for it.
    """

    number: int
    parameters: Mapping[str, str]
    value: float | None = None
    curve: tuple[float, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.value is not None and math.isfinite(self.value)


@dataclass(frozen=True)
class Brief:
    """What a strategy works with.

    `prior` are trials of parent tuning jobs, over the same ranges; `resource` is (MinResource, MaxResource) in epochs.
    """

    ranges: tuple[Range, ...]
    maximize: bool
    seed: int = 0
    prior: tuple[Trial, ...] = ()
    resource: tuple[int, int] | None = None


class Strategy(ABC):
    """Subclass = one file; found by the service's word for it (`Bayesian`, `Random`).

    `suggest` and `cutoffs` are functions of their arguments and the brief alone: same history, same proposal, so that
    a tuning job is reproducible although its training jobs run in parallel.
    """

    name: ClassVar[str]
    # Whether it reads the history: if not, a trial need not wait for the results of earlier ones.
    learns: ClassVar[bool] = True

    def __init__(self, brief: Brief) -> None:
        self.brief = brief

    @abstractmethod
    def suggest(
        self, finished: Sequence[Trial], running: Sequence[Trial]
    ) -> Mapping[str, str] | None:
        """Hyperparameters of trial number len(finished) + len(running) as text; None when nothing is left to try."""

    def cutoffs(self, number: int, finished: Sequence[Trial]) -> Mapping[int, float]:
        """Epochs (from 1) after which trial `number` is stopped when its objective is worse than the value there."""
        return {}
