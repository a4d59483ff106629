"""python -m pipelines.completion SHELL: let a shell complete commands, pipelines, environments and options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from params.environment import DEFAULT, load
from params.environment import names as environments
from pipelines import _doors
from pipelines.deploy import commands, completion
from pipelines.deploy.completion.candidates import candidates, joined
from pipelines.deploy.errors import DONE
from pipelines.deploy.synth import composition_names

_SCRIPTS = Path(completion.__path__[0]) / "scripts"
_EPILOG = """prints what the shell must read, in the project's directory and with its environment entered; put the line into
~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish to have it always. It also makes the command `pipelines`,
short for `python -m pipelines`; bash completes both, zsh and fish the short one.

examples:
  eval "$(python -m pipelines.completion bash)"
  eval "$(python -m pipelines.completion zsh)"
  python -m pipelines.completion fish | source
"""
# The scripts ask with it; not an option, because what follows may look like one.
_ASKED = "--words"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    words = sys.argv[1:] if argv is None else [*argv]
    if words[:1] == [_ASKED]:
        return commands.run(_answer, argparse.Namespace(words=words[1:], debug=False))
    return commands.run(_print, _parser().parse_args(words))


def _print(options: argparse.Namespace) -> int:
    print((_SCRIPTS / f"{options.shell}.txt").read_text(encoding="utf-8"), end="")
    return DONE


def _answer(options: argparse.Namespace) -> int:
    for each in _candidates(joined(options.words)):
        print(each)
    return DONE


def _candidates(words: Sequence[str]) -> list[str]:
    """`words` are those after `pipelines`, or after `python`: then `-m pipelines.COMMAND` comes first."""
    if words[:1] == ["-m"] and len(words) == 2:
        modules = ["pipelines", *(f"pipelines.{name}" for name in _doors.names())]
        return [each for each in modules if each.startswith(words[1])]
    if words[:1] == ["-m"]:
        command = words[1].removeprefix("pipelines").removeprefix(".")
        words = [command, *words[2:]] if command else words[2:]
    if len(words) == 1:
        return [name for name in _doors.names() if name.startswith(words[0])]
    return candidates(_doors.parser(words[0]), words[1:], _VALUES)


def _parameters(words: Sequence[str]) -> Iterable[str]:
    """`Name=` of the pipelines typed before, of all when there is none."""
    parameters = load(DEFAULT).parameters
    named = [name for name in words if name in parameters]
    return sorted({f"{each}=" for name in named or parameters for each in parameters[name]})


_VALUES = {
    "ENV": lambda _: environments(),
    "NAME": lambda _: composition_names(),
    "NAME_OR_FILE": lambda _: composition_names(),
    "EXECUTION": lambda _: composition_names(),
    "NAME=VALUE": _parameters,
}


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.completion",
        description="Print the completion script of a shell.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish"
    )
    commands.add_debug(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
