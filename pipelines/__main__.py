"""python -m pipelines COMMAND ...: the same as python -m pipelines.COMMAND; without one, what there is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines import _doors
from pipelines.deploy import commands
from pipelines.deploy.errors import DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first word names, with the others; returns its exit code."""
    words = sys.argv[1:] if argv is None else [*argv]
    if words and not words[0].startswith("-"):
        # Its own errors stay its own: here only an unknown name is one.
        code = commands.run(_check, argparse.Namespace(command=words[0], debug=False))
        return code or _doors.run(words[0], words[1:])
    _parser().parse_args(words)
    print(_overview())
    return DONE


def _check(options: argparse.Namespace) -> int:
    _doors.check(options.command)
    return DONE


def _overview() -> str:
    width = max(map(len, _doors.names()))
    return "\n".join(f"{name:<{width}}  {_doors.summary(name)}" for name in _doors.names())


def _parser() -> commands.Parser:
    return commands.Parser(
        prog="python -m pipelines",
        usage="python -m pipelines [COMMAND ...]",
        description="Everything that can be done with the pipelines; a COMMAND and --help says more.",
        epilog=f"commands:\n{_overview()}",
    )


if __name__ == "__main__":
    sys.exit(main())
