"""python -m pipelines.rollback NAME --to VERSION: deploy the definition of an earlier version again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """examples:
  python -m pipelines.history house-price
  python -m pipelines.rollback house-price --to 3 --env prod
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_rollback, _parser().parse_args(argv))


def _rollback(options: argparse.Namespace) -> int:
    environment = commands.environment(options)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.versions import RollbackOptions, rollback

    chosen = RollbackOptions(options.to, options.yes, options.take_over)
    document = rollback(environment, environment.named(options.name), chosen, console(options))
    if options.json:
        print_document(document)
    return DONE


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.rollback",
        description="Deploy the definition of an earlier version as a new version.",
        epilog=_EPILOG,
    )
    parser.add_argument("name", metavar="NAME", help="the pipeline")
    parser.add_argument(
        "--to", type=_version, required=True, metavar="VERSION", help="a number that history shows"
    )
    commands.add_confirmation(parser)
    commands.add_common(parser)
    return parser


def _version(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= len(text) <= 9 and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be the number of a version but got '{text}'")


if __name__ == "__main__":
    sys.exit(main())
