"""Turns numbers between 0 and 1 into hyperparameters: the scaling types of a tuning job's ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runtime.tuning._base import Brief, Range, RangeKind, Scaling

# `Auto` is the service's secret; from here on a range spans magnitudes rather than numbers.
_MAGNITUDES = 100.0


def scaling(space: Range) -> Scaling:
    """The scaling to use: Auto is Logarithmic for positive ranges over two magnitudes, else Linear."""
    if space.scaling is not Scaling.AUTO:
        return space.scaling
    wide = space.low > 0 and space.high / space.low >= _MAGNITUDES
    return Scaling.LOGARITHMIC if wide else Scaling.LINEAR


def place(space: Range, unit: float) -> str:
    """The hyperparameter's text at `unit` in [0, 1) of its range."""
    if space.kind is RangeKind.CATEGORICAL:
        return space.values[min(int(unit * len(space.values)), len(space.values) - 1)]
    if space.kind is RangeKind.INTEGER:
        # Half a step more at both ends: the outermost integers are as likely as the others.
        number = _spread(scaling(space), space.low - 0.5, space.high + 0.5, unit)
        return text(space, min(max(number, space.low), space.high))
    number = _spread(scaling(space), space.low, space.high, unit)
    return text(space, min(max(number, space.low), space.high))


def places(spaces: Sequence[Range], point: Sequence[float]) -> dict[str, str]:
    return {space.name: place(space, unit) for space, unit in zip(spaces, point, strict=True)}


def drawn(brief: Brief, number: int) -> dict[str, str]:
    """A point that depends on the seed and the trial's number alone."""
    import numpy as np  # a tenth of a second that only tuning jobs should pay

    generator = np.random.default_rng([brief.seed, number])
    return places(brief.ranges, generator.random(len(brief.ranges)).tolist())


def text(space: Range, number: float) -> str:
    """A number as the service writes it: integers without a point, others in full length."""
    return str(round(number)) if space.kind is RangeKind.INTEGER else repr(float(number))


def _spread(kind: Scaling, low: float, high: float, unit: float) -> float:
    if kind is Scaling.LOGARITHMIC:
        return math.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
    if kind is Scaling.REVERSE_LOGARITHMIC:
        return 1 - math.exp(math.log1p(-low) + unit * (math.log1p(-high) - math.log1p(-low)))
    return low + unit * (high - low)
