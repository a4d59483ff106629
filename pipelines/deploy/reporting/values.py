"""Reads JSON that jobs wrote, which may be anybody's jobs: what is not as expected counts as not there. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def finite(value: Any) -> float | None:
    """The number, when it is a finite one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the range of floats
        return None
    return number if math.isfinite(number) else None


def amount(value: Any) -> int | None:
    """The whole number, when it is one from 0."""
    number = finite(value)
    return int(number) if number is not None and number >= 0 and number.is_integer() else None


def numbers(value: Any, size: int = 0) -> tuple[float, ...]:
    """The list of finite numbers, of `size` when given; empty when it is anything else."""
    if not isinstance(value, list) or (size and len(value) != size):
        return ()
    found = [finite(each) for each in value]
    return tuple(each for each in found if each is not None) if None not in found else ()


def rising(value: Any, size: int = 0) -> tuple[float, ...]:
    """The list of finite numbers, none smaller than the one before it; at least two."""
    found = numbers(value, size)
    return found if len(found) > 1 and list(found) == sorted(found) else ()


def amounts(value: Any) -> dict[str, int]:
    """Name -> whole number, of those members that are."""
    read = {str(name): amount(each) for name, each in mapping(value).items()}
    return {name: each for name, each in read.items() if each is not None}
