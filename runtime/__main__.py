"""`python -m runtime`: serve a local SageMaker, or one of the commands in runtime/commands."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from runtime import commands
from runtime.installed import check_installed

_WITHOUT_A_NAME = "serve"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names, `serve` when it names none; the exit code. 2 is wrong usage."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    names = [found.name for found in pkgutil.iter_modules(commands.__path__)]
    named = bool(words) and words[0] in names and not words[0].startswith("_")
    name = words.pop(0) if named else _WITHOUT_A_NAME
    try:
        check_installed()
    except ModuleNotFoundError as error:
        print(
            f"error: this Python ({sys.executable}) does not have the package '{error.name}'; "
            "run `make install` and use .venv/bin/python",
            file=sys.stderr,
        )
        return 1
    command = _load(name)
    parser = argparse.ArgumentParser(
        prog=f"python -m runtime {name}" if named else "python -m runtime",
        description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
        epilog=None if named else _overview(names),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(words))
    return code


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"{commands.__name__}.{name}")


def _overview(names: Sequence[str]) -> str:
    public = [name for name in names if not name.startswith("_")]
    return "\n".join(["commands:", *(f"  {name:<8}{_load(name).HELP}" for name in public)])


if __name__ == "__main__":
    sys.exit(main())
