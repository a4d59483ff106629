"""python -m pipelines.status [EXECUTION]: what is deployed and runs, or one execution in full."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE, FAILED

_EPILOG = """\
exit codes: 0 the status was read, whatever it is; with --exit-status 1 for Failed and Stopped;
            1 it could not be read; 2 wrong usage

examples:
  python -m pipelines.status                       every pipeline, its newest execution, what runs
  python -m pipelines.status house-price           the newest execution of a pipeline
  python -m pipelines.status abcdefghijkl --json   one execution by its id, for a script
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_status, _parser().parse_args(argv))


def _status(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.executions.status import overview, show
    from pipelines.deploy.output import console, print_document

    code, terminal = DONE, console(as_json=options.json)
    if options.execution is None:
        document = overview(environment, terminal)
    else:
        status, document = show(environment, options.execution, terminal)
        code = FAILED if options.exit_status and status in ("Failed", "Stopped") else DONE
    if options.json:
        print_document(document)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.status",
        description="Show every pipeline with its newest execution, or one execution in full.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser, optional=True)
    parser.add_argument(
        "--exit-status", action="store_true", help="exit 1 when the execution failed or was stopped"
    )
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
