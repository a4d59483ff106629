"""python -m pipelines.validate [NAME ...]: find mistakes before AWS sees them, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from params.environment import DEFAULT
from pipelines.deploy import commands, sources
from pipelines.deploy.errors import DONE, FAILED, UsageError
from pipelines.rules._base import Severity

# Usage mistakes leave with 1 here: the bits 2, 4 and 8 belong to findings.
_EPILOG = """exit code: 0 nothing found, 1 the command could not run, else a sum of
2 (errors), 4 (warnings) and, with --fail-on info, 8 (notes)

examples:
  python -m pipelines.validate                        every pipeline of the project
  python -m pipelines.validate --file pipeline.json   any definition, - for standard input
  python -m pipelines.validate --deployed house-price --env prod
  python -m pipelines.validate --format github --report sarif=build/validate.sarif
  python -m pipelines.validate --explain E2005        what a rule is about, with an example
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, which `--help` explains."""
    return commands.run(_validate, _parser().parse_args(argv), usage=FAILED)


def _validate(options: argparse.Namespace) -> int:
    if options.explain or options.list:
        return _explain(options)
    environment = commands.environment(options, options.env or DEFAULT)
    # Not at the top: rich and botocore take longer than --help may.
    from pipelines.deploy.findings import checked, formats, text
    from pipelines.deploy.output import console, say

    found = sources.read(options, environment)
    # A file from elsewhere is held to a region only when one was asked for.
    asked = options.env is not None or options.region is not None
    region = environment.region if asked or not options.file else None
    results = checked.checked(
        found,
        region=region,
        disabled=environment.disabled_rules,
        cache=not options.no_cache,
    )
    formats.write(results, options.report)
    if options.format == formats.TEXT:
        say(console(options), *text.lines(results))
    else:
        print(formats.FORMATS[options.format](results))
    return (
        checked.exit_code(results, Severity(options.fail_on)) if options.fail_on != "none" else DONE
    )


def _explain(options: argparse.Namespace) -> int:
    from pipelines.rules._docs import explained, overview
    from pipelines.rules._engine import all_rules

    if options.list:
        print("\n".join(overview(all_rules())))
        return DONE
    text = explained(all_rules(), options.explain)
    if text is None:
        raise UsageError(f"--explain {options.explain}: no such rule; see --list")
    print(text)
    return DONE


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.validate",
        description="Check definitions against the rules, without credentials or network.",
        epilog=_EPILOG,
        usage_code=FAILED,
    )
    sources.add_options(parser)
    commands.add_env(parser, default=None)
    commands.add_suffix(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit", "sarif", "github"),
        default="text",
        help="what to print (default: text)",
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="the same as --format json",
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="also write a report; may be repeated",
    )
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "info", "none"),
        default="warning",
        help="the lowest severity that makes the exit code other than 0 (default: warning)",
    )
    parser.add_argument("--explain", metavar="CODE", help="say what a rule is about, and stop")
    parser.add_argument("--list", action="store_true", help="list the rules, and stop")
    commands.add_profile(parser)
    commands.add_quiet(parser)
    commands.add_debug(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
