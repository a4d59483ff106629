"""python -m pipelines.stop EXECUTION: ask a running execution to stop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands

_EPILOG = """\
exit codes: 0 it stops, or had ended before; 1 it could not be stopped; 2 wrong usage

examples:
  python -m pipelines.stop house-price             the newest execution of a pipeline
  python -m pipelines.stop abcdefghijkl --wait     by its id; return when its jobs have ended
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_stop, _parser().parse_args(argv))


def _stop(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.executions.steer import stop
    from pipelines.deploy.output import console, print_document

    terminal = console(as_json=options.json)
    code, document = stop(environment, options.execution, terminal, wait=options.wait)
    if options.json:
        print_document(document)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.stop",
        description="Ask a running execution to stop; its running jobs are stopped with it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    parser.add_argument("--wait", action="store_true", help="return when it has stopped")
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
