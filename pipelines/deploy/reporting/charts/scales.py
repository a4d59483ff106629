"""From values to pixels, and the round values beside an axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)
# Numbers beyond are drawn as this: their differences would be infinite.
_LARGEST = 1e300
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Scale:
    """Maps `low` to the pixel `start` and `high` to `end`; `log`: by orders of magnitude, `low` above 0."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        share = (at - low) / (high - low)
        return self.start + (self.end - self.start) * share

    def ticks(self, most: int = 6) -> list[float]:
        """Round values within, at most about so many."""
        return _decades(self.low, self.high) if self.log else _round_values(self, most)


def scale(
    values: Sequence[float], start: float, end: float, *, zero: bool = False, log: bool = False
) -> Scale:
    """A scale over all values, with some air at both ends; `zero`: it begins at 0."""
    finite = [min(max(each, -_LARGEST), _LARGEST) for each in values if math.isfinite(each)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if log and low > 0:
        low, high = max(low, 1 / _LARGEST), max(high, 1 / _LARGEST)
        air = (high / low) ** 0.05 if low < high and high / low < _LARGEST else 2.0
        return Scale(low / air, high * air, start, end, log=True)
    # Where the difference is lost in the digits, there is none to be seen.
    air = 0.1 * (high - low) if high - low > 1e-12 * abs(high) else 0.1 * abs(high)
    air = max(air, 1 / _LARGEST) if high or low else 1.0
    return Scale(0.0 if zero and low >= 0 else low - air, high + air, start, end)


def short(value: float, digits: int = 4) -> str:
    """A number beside an axis: 250k, 1.5M, 0.05, 3e-07."""
    size = abs(value)
    if 0 < size < 1e-4 or size >= 1e15:
        return f"{value:.0e}"
    for unit, letter in _UNITS:
        if size >= unit:
            return f"{value / unit:.{digits}g}{letter}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−")


def _round_values(scale: Scale, most: int) -> list[float]:
    rough = (scale.high - scale.low) / most
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next((each * unit for each in _STEPS if each * unit >= 0.7 * rough), 10 * unit)
    first, last = math.ceil(scale.low / step), math.floor(scale.high / step)
    return [index * step for index in range(first, min(last, first + 2 * most) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten, with 2 and 5 between them where there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    found = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
    within = [each for each in found if low * 0.999 <= each <= high * 1.001]
    return within[:: max(1, len(within) // 6)] or [low, high]
