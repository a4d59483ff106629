"""python -m pipelines.report EXECUTION: one file with everything about an execution, to be mailed to a colleague."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """\
The file needs nothing else: no network, no script, no file beside it. It shows data: column names, labels'
deciles, errors, and the last log lines of failed jobs. Read it before you mail it.

exit codes: 0 reported, whatever became of the execution; 1 it could not be read or written; 2 wrong usage

examples:
  python -m pipelines.report house-price                      its newest execution, into house-price-ID.html
  python -m pipelines.report abcdefghijkl --out report.html
  python -m pipelines.report abcdefghijkl --markdown          for a pull request, on stdout
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_report, _parser().parse_args(argv))


def _report(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.output import print_document
    from pipelines.deploy.reporting.report_command import report

    written = report(environment, options.execution, options.out, as_markdown=options.markdown)
    view = written.content.view
    if options.json:
        path = str(written.path) if written.path else None
        found = {"arn": view.arn, "status": str(view.status), "path": path}
        print_document({"environment": environment.name, **found, "markdown": written.markdown})
    else:
        print(written.path or written.markdown, end="\n" if written.path else "")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.report",
        description="Write a report on an execution: what ran, how good it is, what it cost, what failed and why.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write it (default: PIPELINE-ID.html)"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="a summary in Markdown, on stdout without --out"
    )
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
