"""python -m pipelines.run NAME: start an execution of what is deployed, and watch it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from params.environment import Environment
from pipelines.deploy import commands
from pipelines.deploy.errors import UsageError

_EPILOG = """\
--only runs a part of the pipeline; what it needs from other steps, and the parameters, are those of the
execution --from names. What is deployed is what runs: deploy a changed step first, then run only it.

exit codes: 0 succeeded, 1 failed or stopped, 2 wrong usage

examples:
  python -m pipelines.run house-price --rows 2000
  python -m pipelines.run house-price --only Evaluate CheckQuality
  python -m pipelines.run house-price --only TuneXGBoost --from abcdefghijkl --param MaxTuningJobs=4
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 succeeded, 1 failed, 2 usage."""
    return commands.run(_run, _parser().parse_args(argv))


def _run(options: argparse.Namespace) -> int:
    values = commands.parameter_values(options)
    _check_only(options)
    environment = commands.environment(options)
    if options.only:
        return _run_selected(environment, options, values)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.deployer import run
    from pipelines.deploy.output import console, print_document
    from pipelines.deploy.start import StartOptions

    start = StartOptions(values, options.input, options.rows)
    code, document = run(environment, environment.named(options.name), start, console(options))
    if options.json:
        print_document(document)
    return code


def _run_selected(
    environment: Environment, options: argparse.Namespace, values: Mapping[str, str]
) -> int:
    # As above.
    from pipelines.deploy.executions.run_selected import LATEST, Selection, run_selected
    from pipelines.deploy.output import console, print_document

    steps = tuple(dict.fromkeys(options.only))
    selection = Selection(steps, options.source or LATEST, values)
    terminal = console(options)
    code, document = run_selected(environment, environment.named(options.name), selection, terminal)
    if options.json:
        print_document(document)
    return code


def _check_only(options: argparse.Namespace) -> None:
    if options.source and not options.only:
        raise UsageError("--from says where the steps of --only take their inputs; add --only STEP")
    if options.only and (options.input is not None or options.rows is not None):
        raise UsageError(
            "--only takes the data of the execution it starts from; drop --input or --rows, "
            "or give --param InputDataUri=s3://..."
        )


def _parser() -> commands.Parser:
    parser = commands.Parser(
        prog="python -m pipelines.run",
        description="Start an execution of a deployed pipeline and watch it; Ctrl-C stops it.",
        epilog=_EPILOG,
    )
    parser.add_argument("name", metavar="NAME", help="the pipeline")
    parser.add_argument(
        "--only", nargs="+", action="extend", metavar="STEP", help="run these connected steps only"
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="EXECUTION",
        help="with --only: take all else from this execution, an ARN or an id (default: latest, the "
        "newest one that has it)",
    )
    commands.add_start_options(parser)
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
