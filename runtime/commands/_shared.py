"""What commands share: options, how long they serve, and how a user is told why not."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

STATE = Path(".sagemaker")
DEFAULT_PORT = 4590


def add_data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=STATE,
        metavar="DIR",
        help="state directory, created when missing (default: %(default)s)",
    )


def port_number(text: str) -> int:
    """A type of argparse's."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535 but got '{text}'")
    return int(text)


def end_signal() -> threading.Event:
    """Set by Ctrl-C or SIGTERM, which from now on do nothing else."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def fail(error: object) -> int:
    """Say why not; the exit code."""
    print(f"error: {error}", file=sys.stderr)
    return 1
