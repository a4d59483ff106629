"""What is known of a built-in algorithm: the facts that composing, checking and running it share.

A hyperparameter travels as a string. `Hyperparameter.refusal` says why a value would be refused, or None.
"""

from __future__ import annotations

import difflib
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"


class Direction(StrEnum):
    """The service's words for an objective's type."""

    MINIMIZE = "Minimize"
    MAXIMIZE = "Maximize"


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`; an open end excludes its number, None is unbounded."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, number: float) -> bool:
        if math.isnan(number):
            return False
        above = self.low is None or (number > self.low if self.low_open else number >= self.low)
        below = self.high is None or (number < self.high if self.high_open else number <= self.high)
        return above and below

    def __str__(self) -> str:
        if self.low is None and self.high is None:
            return "any number"
        if self.high is None:
            return f"{'>' if self.low_open else '>='} {self.low:g}"
        if self.low is None:
            return f"{'<' if self.high_open else '<='} {self.high:g}"
        opening, closing = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"in {opening}{self.low:g}, {self.high:g}{closing}"


@dataclass(frozen=True)
class Hyperparameter:
    """`words` are texts allowed beside the kind's own values ("auto"); `choices` are all a CHOICE allows.

    `default` is the documented one, as text. `tunable` hyperparameters may have a tuning range.
    """

    name: str
    kind: Kind
    interval: Interval = field(default_factory=Interval)
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    tunable: bool = False

    @property
    def allowed(self) -> str:
        """What is allowed, in words: `integer >= 1 or auto`."""
        alternatives = [f"'{word}'" for word in self.words]
        if self.kind is Kind.CHOICE:
            alternatives = [*self.choices, *alternatives]
        elif self.kind is Kind.BOOLEAN:
            alternatives = ["true", "false", *alternatives]
        elif self.kind is Kind.TEXT:
            alternatives = ["text", *alternatives]
        else:
            bounded = self.interval.low is not None or self.interval.high is not None
            alternatives = [
                f"{self.kind} {self.interval}" if bounded else f"{self.kind}",
                *alternatives,
            ]
        return " or ".join(alternatives) if len(alternatives) < 3 else ", ".join(alternatives)

    def refusal(self, value: str) -> str | None:
        """Why the algorithm would refuse this text; None when it is fine."""
        if value in self.words or self._fits(value):
            return None
        return f"{self.name}: '{value}' is not allowed; allowed: {self.allowed}"

    def _fits(self, value: str) -> bool:
        if self.kind is Kind.CHOICE:
            return value in self.choices
        if self.kind is Kind.BOOLEAN:
            return value.lower() in ("true", "false")
        if self.kind is Kind.TEXT:
            return True
        try:
            number = float(int(value)) if self.kind is Kind.INTEGER else float(value)
        except (ValueError, OverflowError):
            return False
        return number in self.interval


@dataclass(frozen=True)
class Metric:
    """A metric the service extracts from the log with `regex`; `objective` if tuning may optimise it."""

    name: str
    regex: str
    direction: Direction | None = None
    objective: bool = False


class Algorithm(ABC):
    """One built-in algorithm. A concrete subclass is one file of this folder with only facts and cross checks."""

    name: str
    # Repository names of its images, as they stand in an image URI.
    repositories: tuple[str, ...]
    versions: tuple[str, ...]
    hyperparameters: tuple[Hyperparameter, ...]
    metrics: tuple[Metric, ...]
    required_channels: tuple[str, ...] = ("train",)
    channels: tuple[str, ...] = ("train", "validation")
    content_types: tuple[str, ...] = ("text/csv",)
    # Alternative spellings -> the name in `hyperparameters`.
    aliases: Mapping[str, str] = {}
    # Hyperparameter -> the range that the documentation recommends for tuning.
    recommended: Mapping[str, tuple[float, float]] = {}
    # What autotune tunes when a request has no range: those that matter most.
    autotuned: tuple[str, ...] = ()

    @abstractmethod
    def cross_check(self, values: Mapping[str, str]) -> list[str]:
        """Refusals that need more than one hyperparameter (a loss not allowed for the predictor type).

        `values` holds only the known texts; a value that is decided later is absent, so absence proves nothing.
        """

    def hyperparameter(self, name: str) -> Hyperparameter | None:
        wanted = self.aliases.get(name, name)
        return next((known for known in self.hyperparameters if known.name == wanted), None)

    def metric(self, name: str) -> Metric | None:
        return next((known for known in self.metrics if known.name == name), None)

    def refusals(
        self, values: Mapping[str, str], *, later: frozenset[str] = frozenset()
    ) -> list[str]:
        """Everything wrong with these hyperparameters; `later` names those whose value is decided at start."""
        found = [
            self._unknown(name) for name in [*values, *later] if self.hyperparameter(name) is None
        ]
        for name, value in values.items():
            known = self.hyperparameter(name)
            refusal = known.refusal(value) if known else None
            if refusal:
                found.append(refusal)
        given = {self.aliases.get(name, name) for name in (*values, *later)}
        found += [
            f"{known.name}: is required; allowed: {known.allowed}"
            for known in self.hyperparameters
            if known.required and known.name not in given
        ]
        return found or self.cross_check(
            {self.aliases.get(name, name): value for name, value in values.items()}
        )

    def _unknown(self, name: str) -> str:
        names = [known.name for known in self.hyperparameters]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(names))}"
        return f"{name}: {self.name} has no such hyperparameter{hint}"


_IMAGE = re.compile(
    r"^(?:(?P<registry>[^/]+)/)?(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@.+)?$"
)


def split_image(uri: str) -> tuple[str, str]:
    """`<registry>/<repository>:<tag>` -> (repository, tag); the tag is "" when there is none."""
    match = _IMAGE.match(uri)
    return (match["repository"], match["tag"] or "") if match else (uri, "")
