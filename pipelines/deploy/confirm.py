"""Ask before something is done that cannot be undone with one command."""

from __future__ import annotations

import sys

from pipelines.deploy.errors import DeployError


class NotConfirmed(DeployError):
    """Nobody said yes; nothing was done."""


def confirm(question: str, answer: str, *, yes: bool) -> None:
    """Ask on stderr and wait for exactly that answer; `yes`: don't ask. Raises NotConfirmed."""
    if yes:
        return
    print(f"{question} Type '{answer}': ", end="", file=sys.stderr, flush=True)
    given = sys.stdin.readline()
    if given.strip() == answer:
        return
    if not given:
        print(file=sys.stderr)
        raise NotConfirmed("nobody to ask, so nothing was done; give --yes to do it unasked")
    raise NotConfirmed("not confirmed, so nothing was done")
