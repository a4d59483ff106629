"""python -m pipelines.open EXECUTION: its page in the studio, the local one or SageMaker's."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from collections.abc import Sequence

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE

_EPILOG = """\
The local runtime shows pages while it is served (`python -m runtime`, or `... studio`). In AWS it is SageMaker Studio's
page, where the account has a Studio domain; the browser must be signed in.

exit codes: 0 the address was printed, 1 it is not known, 2 wrong usage

examples:
  python -m pipelines.open house-price             the newest execution of a pipeline
  python -m pipelines.open abcdefghijkl --print    the address only
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.run(_open, _parser().parse_args(argv))


def _open(options: argparse.Namespace) -> int:
    environment = commands.environment(options.env, suffix=options.suffix)
    # Not at the top: boto3 and rich take longer than --help may.
    from pipelines.deploy.executions.steer import page
    from pipelines.deploy.output import print_document

    found, document = page(environment, options.execution)
    if options.json:
        print_document(document)
        return DONE
    print(found.url)
    if found.note:
        print(f"note: {found.note}", file=sys.stderr)
    if not options.print and _has_display() and not webbrowser.open(found.url):
        print("note: no browser could be started; open the address yourself", file=sys.stderr)
    return DONE


def _has_display() -> bool:
    """Whether a browser could show itself: never over a bare ssh connection or in CI."""
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.open",
        description="Print the address of an execution's page and open it where there is a display.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands.add_execution(parser)
    parser.add_argument("--print", action="store_true", help="only print the address")
    commands.add_common(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
