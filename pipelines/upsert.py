"""python -m pipelines.upsert [NAME ...]: create or update pipelines, and run them when asked to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from params.environment import DEFAULT, Environment
from pipelines.deploy import commands, sources
from pipelines.deploy.errors import UsageError
from pipelines.deploy.synth import check_names

_EPILOG = """examples:
  python -m pipelines.upsert --env dev
  python -m pipelines.upsert house-price --plan
  python -m pipelines.upsert house-price --start --wait --param MaxTuningJobs=4
  python -m pipelines.plan --out plan.json && python -m pipelines.upsert --plan-file plan.json
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage."""
    return commands.run(_upsert, _parser().parse_args(argv))


def _upsert(options: argparse.Namespace) -> int:
    starting = [name for name in ("param", "input", "rows", "wait") if getattr(options, name)]
    if starting and not options.start:
        raise UsageError(f"--{starting[0]} is about an execution; add --start")
    values = commands.parameter_values(options)
    if options.plan_file:
        return _apply_file(options)
    environment = commands.environment(options)
    check_names(options.names)
    # Not at the top: boto3, rich and the SDK take longer than --help may.
    from pipelines.deploy.deployer import UpsertOptions, upsert
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.start import StartOptions

    start = StartOptions(values, options.input, options.rows) if options.start else None
    code, document = upsert(
        environment,
        UpsertOptions(
            tuple(dict.fromkeys(options.names)),
            start,
            wait=options.wait,
            plan_only=options.plan,
            take_over=options.take_over,
            cache=not options.no_cache,
            promoted_from=_promoted_from(options),
        ),
        console(options),
    )
    if options.json:
        print_document(document)
    return code


def _promoted_from(options: argparse.Namespace) -> Environment | None:
    if options.promoted_from is None:
        return None
    if options.promoted_from == options.env and not options.suffix:
        raise UsageError(f"--promoted-from {options.env}: that is the environment to promote to")
    return commands.environment_named(options.promoted_from)


def _apply_file(options: argparse.Namespace) -> int:
    for name in ("names", "plan", "start", "suffix", "promoted_from"):
        if getattr(options, name):
            option = "NAME" if name == "names" else f"--{name.replace('_', '-')}"
            raise UsageError(f"--plan-file does what the file says; leave out {option}")
    # Not at the top, like above.
    from pipelines.deploy.deployer import upsert_file
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.planning.plan_file import load

    file = load(options.plan_file)
    if options.env not in (DEFAULT, file.environment):
        raise UsageError(f"--env {options.env}: the plan is for environment '{file.environment}'")
    environment = commands.environment(options, file.environment)
    terminal = console(options)
    code, document = upsert_file(environment, file, terminal, take_over=options.take_over)
    if options.json:
        print_document(document)
    return code


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.upsert",
        description="Create or update pipelines; nothing is written when they are up to date.",
        epilog=_EPILOG,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="pipelines; all when left out")
    parser.add_argument("--plan", action="store_true", help="show what would be done, and stop")
    parser.add_argument("--start", action="store_true", help="start an execution of each")
    parser.add_argument("--wait", action="store_true", help="watch it; exit 1 when it fails")
    parser.add_argument(
        "--plan-file",
        type=Path,
        metavar="FILE",
        help="do exactly what `plan --out FILE` planned, or refuse when something has changed",
    )
    sources.add_no_cache(parser)
    parser.add_argument(
        "--promoted-from",
        metavar="ENV",
        help="refuse unless that environment has what this commit composes, such as dev before prod",
    )
    commands.add_take_over(parser)
    commands.add_start_options(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
