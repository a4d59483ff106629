"""python -m pipelines.history NAME: the versions of a deployed pipeline, with commit and author."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """examples:
  python -m pipelines.history house-price --env prod
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_history, _parser().parse_args(argv))


def _history(options: argparse.Namespace) -> int:
    environment = commands.environment(options)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.versions import history

    document = history(environment, environment.named(options.name), console(options))
    if options.json:
        print_document(document)
    return DONE


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.history",
        description="List the versions of a deployed pipeline, the newest first.",
        epilog=_EPILOG,
    )
    parser.add_argument("name", metavar="NAME", help="the pipeline")
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
