"""python -m pipelines.comment FILE: put a plan on the pull request that a build was started by."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.deploy import commands
from pipelines.deploy.errors import DONE, UsageError
from pipelines.deploy.pull_request import comment, from_build

_EPILOG = """Reads what CodeBuild (CODEBUILD_WEBHOOK_TRIGGER, CODEBUILD_SOURCE_REPO_URL) or GitHub Actions (GITHUB_REF,
GITHUB_REPOSITORY) say of the build; GITHUB_TOKEN must be allowed to write pull requests. A later build replaces
the comment of an earlier one. Outside of a pull request, or without a token, it says so and does nothing.

example:
  python -m pipelines.plan --markdown > build/plan.md && python -m pipelines.comment build/plan.md
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done or nothing to do, 1 failed, 2 usage."""
    return commands.run(_comment, _parser().parse_args(argv))


def _comment(options: argparse.Namespace) -> int:
    try:
        text = Path(options.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{options.file}: cannot be read: {error}") from error
    request, token = from_build(os.environ), os.environ.get("GITHUB_TOKEN")
    if request is None:
        print("No comment: this build was not started by a pull request")
    elif not token:
        print("No comment: GITHUB_TOKEN is not set")
    else:
        # One comment for each environment that a repository deploys to.
        marker = f"<!-- pipelines.comment {os.environ.get('DEPLOY_ENV', '')} -->"
        print(f"Commented: {comment(request, token, marker, text)}")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = commands.Parser(
        prog="python -m pipelines.comment",
        description="Put a file of Markdown on the pull request that this build was started by.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the Markdown")
    commands.add_debug(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
