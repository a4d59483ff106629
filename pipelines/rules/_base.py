"""The contract of a rule: one check, one file, one class.

A rule reads a `Subject` and yields a `Match` for each mistake; nothing else. Its docstring is its documentation
(docs/rules.md is generated from it): a first line that says what is found, a paragraph that says what happens
otherwise, then `Wrong:` and `Right:`, each followed by an indented extract of a definition.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from pipelines.definition.errors import Problem

if TYPE_CHECKING:
    from pipelines.rules._subject import Subject


# Codes that no rule has: a rule failed, the definition is no JSON object.
CRASHED = "E0001"
UNREADABLE = "E0002"


class Severity(StrEnum):
    """An error is refused or fails at AWS, a warning costs money or surprises, info is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class Match:
    """A mistake: `pointer` is the JSON pointer of the value to change, `message` says what is found, what is
    allowed, and what to do."""

    pointer: str
    message: str


@dataclass(frozen=True)
class Finding:
    """A rule's match, and the step it is in (None outside of steps)."""

    code: str
    severity: Severity
    pointer: str
    message: str
    step: str | None = None


class Rule(ABC):
    """A check of definitions. Obligations of a subclass:

    * `code` is E, W or I for its severity, the section's digit and three more, and is never used again for
      anything else; `tests/cases/rules/<code>.json` holds its good and bad documents.
    * It never raises, whatever the document holds: the subject hands out well-typed steps, but the values in
      `arguments` are anything JSON allows. A value that is not known before the start is no mistake.
    * It takes time in proportion to the document's size.
    * What another rule finds already it leaves alone: one mistake, one finding.
    """

    code: ClassVar[str]

    @abstractmethod
    def check(self, subject: Subject) -> Iterator[Match]:
        """Yield every mistake of this kind."""

    @property
    def severity(self) -> Severity:
        return {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.INFO}[self.code[0]]

    @property
    def title(self) -> str:
        """The first line of the docstring, without its full stop."""
        return (type(self).__doc__ or "").strip().partition("\n")[0].rstrip(".")


class ProblemRule(Rule):
    """A rule whose mistakes the definition's own checks find already, under one of `kinds`."""

    kinds: ClassVar[tuple[str, ...]]

    def check(self, subject: Subject) -> Iterator[Match]:
        return matches(problem for kind in self.kinds for problem in subject.problems.get(kind, ()))


def matches(problems: Iterable[Problem]) -> Iterator[Match]:
    """The definition's problems as matches."""
    return (Match(problem.pointer, problem.message) for problem in problems)
