"""python -m pipelines.run NAME: start an execution of what is deployed, and watch it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands

_EPILOG = """examples:
  python -m pipelines.run house-price
  python -m pipelines.run house-price --input houses.csv --param LabelColumn=price
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 succeeded, 1 failed, 2 usage."""
    return commands.run(_run, _parser().parse_args(argv))


def _run(options: argparse.Namespace) -> int:
    values = commands.parameter_values(options)
    environment = commands.environment(options)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.deployer import run
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.start import StartOptions

    start = StartOptions(values, options.input, options.rows)
    code, document = run(environment, options.name, start, console(options))
    if options.json:
        print_document(document)
    return code


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.run",
        description="Start an execution of a deployed pipeline and watch it; Ctrl-C stops it.",
        epilog=_EPILOG,
    )
    parser.add_argument("name", metavar="NAME", help="the pipeline")
    commands.add_start_options(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
