"""python -m pipelines.doctor [NAME ...]: look at everything a first execution needs, and say what to do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.synth import check_names


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 nothing failed, 1 something did, 2 usage."""
    return commands.run(_doctor, _parser().parse_args(argv))


def _doctor(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    check_names(options.names)
    # Not at the top: boto3, rich and the SDK take longer than --help may.
    from pipelines.deploy.diagnose import diagnose
    from pipelines.deploy.output import console, print_document

    names = tuple(dict.fromkeys(options.names))
    code, document = diagnose(environment, names, console(as_json=options.json))
    if options.json:
        print_document(document)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.doctor",
        description="Check the account, the role, the bucket and the data before the first deploy; changes nothing.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="pipelines; all when left out")
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
