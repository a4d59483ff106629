"""python -m pipelines.logs EXECUTION [STEP]: what its jobs wrote."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """\
Without a STEP the logs of all jobs stand in the order of time, each line behind its step's name; steps whose
results were taken from an earlier execution are left out. A tuning step's logs are those of its trials.
With --json each line is one JSON object: time, step, job, host, message.

exit codes: 0 read to the end, whatever the execution's status; 1 it could not be read; 2 wrong usage;
            130 Ctrl-C, which leaves the execution alone

examples:
  python -m pipelines.logs house-price --follow                 until the newest execution has ended
  python -m pipelines.logs abcdefghijkl TuneXGBoost             all trials of a tuning step
  python -m pipelines.logs abcdefghijkl TuneXGBoost --trial 3   the third trial
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_logs, _parser().parse_args(argv))


def _logs(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.executions.logs import Choice
    from pipelines.deploy.executions.logs_command import LogOptions, show_logs
    from pipelines.deploy.output import console

    choice = Choice(options.step, options.trial)
    wanted = LogOptions(options.execution, choice, options.follow)
    show_logs(environment, wanted, console(as_json=options.json), as_json=options.json)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.logs",
        description="Print what the jobs of an execution wrote.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    parser.add_argument("step", metavar="STEP", nargs="?", help="the log of one step only")
    parser.add_argument(
        "--trial", metavar="NAME", help="of a tuning step one trial: its name, or its number"
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on until the execution has ended; Ctrl-C leaves it running",
    )
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
