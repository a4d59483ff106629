"""Serve until Ctrl-C: what `python -m runtime` does without a command's name."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from runtime.client_environment import endpoint_variables
from runtime.commands._shared import add_data_option, fail
from runtime.server.http import LOOPBACK
from runtime.serving import UNSERVABLE, serve
from runtime.settings import Settings

HELP = "serve a local SageMaker, with S3, IAM, STS and logs, to any AWS client"
DEFAULT_PORT = 4590


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on, 0 for a free one (default: %(default)s)",
    )
    add_data_option(parser)
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="address to listen on; any other than a loopback address lets others in (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Exit codes: 0 stopped by a signal, 1 could not serve."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with serve(options.data, host=options.host, port=options.port) as server:
            print(_greeting(server.url, options.data), flush=True)
            stopping.wait()
    except UNSERVABLE as error:
        return fail(error)
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535 but got '{text}'")
    return int(text)


def _greeting(url: str, data: Path) -> str:
    exports = endpoint_variables(url, Settings().region)
    lines = [f"Local SageMaker at {url}, state in {data} (Ctrl-C stops it). For AWS clients:"]
    return "\n".join([*lines, *(f"  export {name}={value}" for name, value in exports.items())])
