"""python -m pipelines.compare EXECUTION EXECUTION: parameters, metrics, best trials and durations side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """\
The better value of a metric is marked with *, where its name says which way is better (rmse, mae, loss,
error ...: lower; r2, auc, accuracy, f1 ...: higher). Parameters that are the same are counted, not listed.

exit codes: 0 compared, whatever differs; 1 it could not be read; 2 wrong usage

examples:
  python -m pipelines.compare abcdefghijkl mnopqrstuvwx
  python -m pipelines.compare abcdefghijkl house-price --json    with the newest execution
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_compare, _parser().parse_args(argv))


def _compare(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.executions.compare_command import show_comparison
    from pipelines.deploy.output import console, print_document

    names = (options.execution, options.other)
    document = show_comparison(environment, names, console(as_json=options.json))
    if options.json:
        print_document(document)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.compare",
        description="Show two executions side by side.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    parser.add_argument("other", metavar="EXECUTION", help="the other one, named the same way")
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
