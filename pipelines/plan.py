"""python -m pipelines.plan [NAME ...]: say what an upsert would change, and what would follow from it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from params.environment import Environment, names
from pipelines.deploy import commands, sources
from pipelines.deploy.errors import FAILED, USAGE, UsageError

_EPILOG = """exit code: 0 done, 1 failed or --fail-on was met, 2 a mistake on the command line;
with --detailed-exitcode: 0 nothing to do, 1 anything wrong, 2 there are changes

examples:
  python -m pipelines.plan house-price --env prod
  python -m pipelines.plan --out plan.json && python -m pipelines.upsert --plan-file plan.json
  python -m pipelines.plan --markdown --fail-on breaking --fail-on 'cost>50'
  python -m pipelines.plan --env prod --against dev               what differs between the two
  python -m pipelines.plan --file new.json --against old.json    any two definitions, offline
"""
_FAIL_ON = re.compile(r"breaking|cache|drift|cost>[0-9]{1,9}(\.[0-9]{1,4})?")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, which `--help` explains."""
    words = sys.argv[1:] if argv is None else argv
    # There the 2 belongs to changes.
    usage = FAILED if "--detailed-exitcode" in words else USAGE
    return commands.run(_plan, _parser(usage).parse_args(argv), usage=usage)


def _plan(options: argparse.Namespace) -> int:
    _check(options)
    environment = commands.environment(options)
    found = sources.read(options, environment)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.output import console
    from pipelines.deploy.plan_command import PlanOptions, plan

    return plan(
        environment,
        found,
        PlanOptions(
            against=_against(options),
            form="json" if options.json else "markdown" if options.markdown else "text",
            full=options.full,
            out=options.out,
            fail_on=tuple(options.fail_on),
            detailed=options.detailed_exitcode,
            cache=not options.no_cache,
        ),
        console(options),
    )


def _against(options: argparse.Namespace) -> str | Environment | None:
    """An environment when one has that name and no file does."""
    against: str | None = options.against
    if against not in names() or Path(against).is_file():
        return against
    if options.file or options.deployed:
        raise UsageError(
            f"--against {against} compares compositions; leave --file and --deployed out"
        )
    return commands.environment_named(against)


def _check(options: argparse.Namespace) -> None:
    if options.json and options.markdown:
        raise UsageError("give --json or --markdown, not both")
    if options.out and options.against:
        raise UsageError("--out is for what upsert can do; it cannot turn --against into this")


def _parser(usage: int = USAGE) -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.plan",
        description="Show what differs from what is deployed, which steps run again, and what it may cost.",
        epilog=_EPILOG,
        usage_code=usage,
    )
    sources.add_options(parser)
    parser.add_argument(
        "--against",
        metavar="WHAT",
        help="compare with this instead: an environment (what it has, but for places and roles), a deployed "
        "pipeline, or a definition file",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print Markdown for a pull request, with a graph"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the plan for upsert --plan-file"
    )
    parser.add_argument(
        "--full", action="store_true", help="show every change and every line of scripts"
    )
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        type=_fail_on,
        metavar="WHAT",
        help="exit with 1 on: breaking, cost>N (dollars), cache (a step loses its cache), drift; "
        "may be repeated",
    )
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 2 when there are changes"
    )
    commands.add_common(parser)
    return parser


def _fail_on(text: str) -> str:
    if _FAIL_ON.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"must be breaking, cost>N, cache or drift but got '{text}'")


if __name__ == "__main__":
    sys.exit(main())
