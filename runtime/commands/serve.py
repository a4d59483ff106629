"""Serve until Ctrl-C: what `python -m runtime` does without a command's name."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.client_environment import endpoint_variables
from runtime.commands._shared import DEFAULT_PORT, add_data_option, end_signal, fail, port_number
from runtime.server.http import LOOPBACK
from runtime.serving import UNSERVABLE, serve
from runtime.settings import Settings
from runtime.ui.front import PREFIX

HELP = "serve a local SageMaker, with S3, IAM, STS and logs, to any AWS client"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=port_number,
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
    stopping = end_signal()
    try:
        with serve(options.data, host=options.host, port=options.port) as server:
            print(_greeting(server.url, options.data), flush=True)
            stopping.wait()
    except UNSERVABLE as error:
        return fail(error)
    return 0


def _greeting(url: str, data: Path) -> str:
    exports = endpoint_variables(url, Settings().region)
    lines = [f"Local SageMaker at {url}, state in {data} (Ctrl-C stops it). For AWS clients:"]
    lines += [f"  export {name}={value}" for name, value in exports.items()]
    return "\n".join([*lines, f"In a browser: {url}{PREFIX}/"])
