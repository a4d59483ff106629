"""python -m pipelines.run NAME: start an execution of what is deployed, and watch it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 succeeded, 1 failed, 2 usage."""
    return commands.run(_run, _parser().parse_args(argv))


def _run(options: argparse.Namespace) -> int:
    values = commands.parameter_values(options)
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.deployer import run
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.start import StartOptions

    start = StartOptions(values, options.input, options.rows)
    code, document = run(
        environment, environment.named(options.name), start, console(as_json=options.json)
    )
    if options.json:
        print_document(document)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.run",
        description="Start an execution of a deployed pipeline and watch it; Ctrl-C stops it.",
    )
    parser.add_argument("name", metavar="NAME", help="the pipeline")
    commands.add_start_options(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
