"""Open the studio: the pages of a state directory, in a browser."""

from __future__ import annotations

import argparse
import signal
import threading
import webbrowser
from pathlib import Path

from runtime.commands._shared import add_data_option, fail
from runtime.lock import owner
from runtime.serving import UNSERVABLE, serve
from runtime.ui.front import PREFIX

HELP = "show pipelines, executions and logs in a browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: a free one)"
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
    return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if not _has_state(options.data):
        return fail(
            f"{options.data} is no state directory: deploy a pipeline first "
            "(python -m pipelines.upsert), or name another --data"
        )
    try:
        with serve(options.data, port=options.port) as server:
            _show(server.url, options)
            print("Serving until Ctrl-C; pipelines that start meanwhile run here.", flush=True)
            stopping.wait()
    except UNSERVABLE as error:
        return fail(error)
    return 0


def _show(url: str, options: argparse.Namespace) -> None:
    address = f"{url}{PREFIX}/"
    print(f"Studio of {options.data}: {address}", flush=True)
    if not options.no_browser:
        webbrowser.open(address)


def _has_state(directory: Path) -> bool:
    return (directory / "state.db").exists()
