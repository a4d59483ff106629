"""python -m pipelines.destroy NAME: delete a deployed pipeline, after asking."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_destroy, _parser().parse_args(argv))


def _destroy(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.destroy import DestroyOptions, destroy
    from pipelines.deploy.output import console, print_document

    chosen = DestroyOptions(options.yes, options.take_over)
    document = destroy(
        environment, environment.named(options.name), chosen, console(as_json=options.json)
    )
    if options.json:
        print_document(document)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.destroy",
        description="Delete a deployed pipeline; refuses while executions run. Jobs, models and objects in S3 stay.",
    )
    parser.add_argument("name", metavar="NAME", help="the pipeline")
    commands.add_confirmation(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
