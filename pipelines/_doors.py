"""The commands there are: every file beside this one that has a `main`, found by its name.

A door has `main(argv)` and `_parser()`, callable without arguments; its module's docstring starts with how it is
called, a colon and what it does.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

from pipelines.definition.check import near
from pipelines.deploy.commands import Parser
from pipelines.deploy.errors import UsageError

DIRECTORY = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The commands, sorted."""
    modules = pkgutil.iter_modules([str(DIRECTORY)])
    return tuple(sorted(each.name for each in modules if not each.ispkg and each.name[0] != "_"))


def summary(name: str) -> str:
    """What a command does, in a line; reads its file only."""
    text = (DIRECTORY / f"{name}.py").read_text(encoding="utf-8")
    first, *_ = (ast.get_docstring(ast.parse(text)) or "").splitlines() or [""]
    return first.partition(": ")[2]


def parser(name: str) -> Parser:
    """The parser of a command. Raises UsageError when there is none of that name."""
    check(name)
    made: Parser = importlib.import_module(f"pipelines.{name}")._parser()
    return made


def run(name: str, argv: Sequence[str]) -> int:
    """Run a command and return its exit code. Raises UsageError when there is none of that name."""
    check(name)
    code: int = importlib.import_module(f"pipelines.{name}").main(argv)
    return code


def check(name: str) -> None:
    """Raise UsageError for what is no command."""
    if name not in names():
        raise UsageError(f"there is no command '{name}'{near(name, names())}")
