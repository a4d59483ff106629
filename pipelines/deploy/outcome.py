"""What becomes of many pipelines: those that failed are set aside, and shown together at the end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pipelines.deploy.errors import DONE, FAILED, DeployError
from pipelines.deploy.text import count

T = TypeVar("T")
# The order in which the summary counts them.
_ACTIONS = {
    "create": "created",
    "update": "updated",
    "tag": "tagged",
    "publish": "published",
    "up to date": "up to date",
    "failed": "failed",
}


class Outcome:
    """Collects failures of the pipelines `names`; of a single pipeline the failure is raised at once."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._failures: dict[str, DeployError] = {}

    def kept(self, names: Iterable[str], results: Iterable[T | DeployError]) -> list[T]:
        """The results that are none of a failure; `names` are the pipelines they are of."""
        kept = []
        for name, result in zip(names, results, strict=True):
            if not isinstance(result, DeployError):
                kept.append(result)
            elif len(self.names) == 1:
                raise result
            else:
                self._failures[name] = result
        return kept

    def failed(self, name: str) -> bool:
        return name in self._failures

    @property
    def exit_code(self) -> int:
        return FAILED if self._failures else DONE

    def show_failures(self) -> None:
        """Print them on stderr, in the order of the names."""
        for name in filter(self.failed, self.names):
            said = str(self._failures[name])
            start = "" if said.startswith(f"{name}:") else f"{name}: "
            print(f"error: {start}{said}", file=sys.stderr)

    def documents(self, done: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """An entry for each pipeline, in the order of the names: what was done, or why it failed."""
        return [
            (
                {"name": name, "action": "failed", "error": str(self._failures[name])}
                if self.failed(name)
                else done[name]
            )
            for name in self.names
            if self.failed(name) or name in done
        ]

    def summary(self, actions: Mapping[str, str]) -> str:
        """How many pipelines were created, updated ...; `actions` are those of the plans, by name."""
        counts = Counter(
            "failed" if self.failed(name) else actions[name]
            for name in self.names
            if self.failed(name) or name in actions
        )
        parts = [f"{counts[key]} {word}" for key, word in _ACTIONS.items() if counts[key]]
        return f"{count(len(self.names), 'pipeline')}: {', '.join(parts)}"
