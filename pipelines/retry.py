"""python -m pipelines.retry EXECUTION: continue an execution that failed or was stopped, and watch it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands

_EPILOG = """\
The execution keeps its ARN, definition and parameters; steps that succeeded are not run again.
What was deployed since is not used: for that, start a new execution with pipelines.run.

exit codes: 0 it succeeded, 1 it failed again or could not be retried, 2 wrong usage

examples:
  python -m pipelines.retry house-price            the newest execution of a pipeline
  python -m pipelines.retry abcdefghijkl           by its id
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_retry, _parser().parse_args(argv))


def _retry(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.executions.steer import retry
    from pipelines.deploy.output import console, print_document

    code, document = retry(environment, options.execution, console(as_json=options.json))
    if options.json:
        print_document(document)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.retry",
        description="Continue a failed or stopped execution where it ended, and watch it; Ctrl-C stops it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
