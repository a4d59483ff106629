"""python -m pipelines.doctor [NAME ...]: look at everything a first execution needs, and say what to do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands, sources

_EPILOG = """examples:
  python -m pipelines.doctor --env dev
  python -m pipelines.doctor house-price --env prod --json
  python -m pipelines.doctor --file pipeline.json --env dev
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 nothing failed, 1 something did, 2 usage."""
    return commands.run(_doctor, _parser().parse_args(argv))


def _doctor(options: argparse.Namespace) -> int:
    environment = commands.environment(options)
    found = sources.read(options, environment)
    # Not at the top: boto3, rich and the SDK take longer than --help may.
    from pipelines.deploy.diagnose import diagnose
    from pipelines.deploy.output import console, print_document

    code, document = diagnose(environment, found, console(options))
    if options.json:
        print_document(document)
    return code


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.doctor",
        description="Check the account, the role, the bucket and the data before the first deploy; changes nothing.",
        epilog=_EPILOG,
    )
    sources.add_options(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
