"""python -m pipelines.destroy [NAME]: delete a deployed pipeline, or all of a branch environment, after asking."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE, UsageError

_EPILOG = """examples:
  python -m pipelines.destroy house-price --env dev
  python -m pipelines.destroy --env dev --suffix feature-x
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_destroy, _parser().parse_args(argv))


def _destroy(options: argparse.Namespace) -> int:
    if options.name is None and not options.suffix:
        raise UsageError(
            "give the NAME of a pipeline, or the --suffix of a branch to delete all of it"
        )
    environment = commands.environment(options)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.destroy import DestroyOptions, destroy, destroy_branch
    from pipelines.deploy.output import console, print_document

    chosen = DestroyOptions(options.yes, options.take_over)
    terminal = console(options)
    if options.name is None:
        code, document = destroy_branch(environment, chosen, terminal)
    else:
        code = DONE
        document = destroy(environment, environment.named(options.name), chosen, terminal)
    if options.json:
        print_document(document)
    return code


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.destroy",
        description="Delete a deployed pipeline, or with --suffix those of a branch environment; refuses while executions run. Jobs, models and objects in S3 stay.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="the pipeline; with --suffix all when left out"
    )
    commands.add_confirmation(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
