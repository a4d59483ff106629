"""Open the studio: the pages of a state directory, in a browser."""

from __future__ import annotations

import argparse
import webbrowser
from contextlib import suppress

from runtime.commands._shared import DEFAULT_PORT, add_data_option, end_signal, fail, port_number
from runtime.lock import owner
from runtime.server.http import PortUnavailable
from runtime.serving import UNSERVABLE, serve
from runtime.ui.front import PREFIX

HELP = "show pipelines, executions and logs in a browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument(
        "--port",
        type=port_number,
        help=f"port to listen on (default: {DEFAULT_PORT}, or a free one when that is taken)",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address instead of opening it"
    )


def run(options: argparse.Namespace) -> int:
    """Exit codes: 0 shown, or served until a signal; 1 could not serve."""
    holder = owner(options.data)
    if holder and holder.url:
        _show(holder.url, options)
        return 0
    if not (options.data / "state.db").exists():
        return fail(
            f"{options.data} holds no state yet: deploy a pipeline (python -m pipelines.upsert), "
            "or name another directory with --data"
        )
    try:
        if options.port is not None:
            return _serve(options, options.port)
        with suppress(PortUnavailable):
            return _serve(options, DEFAULT_PORT)
        return _serve(options, 0)
    except UNSERVABLE as error:
        return fail(error)


def _serve(options: argparse.Namespace, port: int) -> int:
    stopping = end_signal()
    with serve(options.data, port=port) as server:
        _show(server.url, options)
        print("Ctrl-C ends it. Executions that start meanwhile run here.", flush=True)
        stopping.wait()
    return 0


def _show(url: str, options: argparse.Namespace) -> None:
    address = f"{url}{PREFIX}/"
    print(f"Studio of {options.data}: {address}", flush=True)
    if not options.no_browser:
        webbrowser.open(address)
