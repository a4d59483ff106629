"""What can be wrong with a definition document, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

DOCUMENT = "document"
# A generated definition can have a mistake in each of its steps: nobody reads more, and hints take time.
MOST_PROBLEMS = 500


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: `pointer` is a JSON pointer into the document ("" is the whole document).

    `kind` is what the mistake is about, a word for programs: the rules of `pipelines/rules` are told apart by it.
    """

    pointer: str
    message: str
    kind: str = field(default=DOCUMENT, compare=False)

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


def of_kind(kind: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems with a kind, where they have none of their own."""
    for problem in problems:
        yield replace(problem, kind=kind) if problem.kind == DOCUMENT else problem


class DefinitionError(ValueError):
    """The document cannot be read as a definition; carries every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class ExpressionError(ValueError):
    """One expression or path is malformed."""
