"""python -m pipelines.new NAME: start a pipeline with a composition, parameters and a test that pass at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE
from pipelines.deploy.scaffold.starter import starter
from pipelines.deploy.scaffold.write import write

ROOT = Path(__file__).parents[1]
_EPILOG = """writes pipelines/compositions/NAME.py, params/NAME.py and tests/unit/compositions/test_NAME.py, and adds the
table [parameters.NAME] to every file in params/environments; a hyphen of the name becomes _ in a file's name.
Nothing that exists is overwritten; when something cannot be written, nothing is.

examples:
  python -m pipelines.new churn
  python -m pipelines.new churn && python -m pipelines.upsert churn --start --wait
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_new, _parser().parse_args(argv))


def _new(options: argparse.Namespace) -> int:
    written = starter(options.name, ROOT)
    write(written)
    for file in written.files:
        print(f"created  {file.path.relative_to(ROOT)}")
    for addition in written.additions:
        print(f"extended {addition.path.relative_to(ROOT)}")
    if not options.quiet:
        [test] = [each.path for each in written.files if each.path.name.startswith("test_")]
        print(
            f"\nRun it:   python -m pipelines.upsert {options.name} --start --wait\n"
            f"Test it:  python -m pytest {test.relative_to(ROOT)}"
        )
    return DONE


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.new",
        description="Start a new pipeline: a small one that runs, to be changed step by step.",
        epilog=_EPILOG,
    )
    parser.add_argument("name", metavar="NEW_NAME", help="its name, such as churn or late-orders")
    commands.add_quiet(parser)
    commands.add_debug(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
