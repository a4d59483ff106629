"""What commands share: options, and how a user is told why not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

STATE = Path(".sagemaker")


def add_data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=STATE,
        metavar="DIR",
        help="state directory, created when missing (default: %(default)s)",
    )


def fail(error: object) -> int:
    """Say why not; the exit code."""
    print(f"error: {error}", file=sys.stderr)
    return 1
