"""Run any command against the endpoint, starting a server for it when none serves the directory."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from runtime.client_environment import client_environment
from runtime.commands._shared import add_data_option, fail
from runtime.runtime import Runtime
from runtime.serving import UNSERVABLE, find_or_serve
from runtime.settings import Settings
from runtime.state import ExecutionStatus

HELP = "run a command whose AWS calls go to the runtime: exec [--data DIR] -- COMMAND ..."
# As shells report them.
_NOT_EXECUTABLE, _NOT_FOUND, _SIGNALLED = 126, 127, 128
# A terminal sends these to the command as well; the others only ever reach this process.
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_PASSED_ON = (*_FROM_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")


def run(options: argparse.Namespace) -> int:
    """The command's exit code; 128 + n when signal n ended it, 126 and 127 as shells use them, 1 without a server."""
    try:
        with find_or_serve(options.data) as server:
            environment = client_environment(server.url, Settings().region, os.environ)
            code = _run(options.command, environment)
            if server.runtime is not None:
                _tell_what_ends(server.runtime)
            return code
    except UNSERVABLE as error:
        return fail(error)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    pending: list[int] = []
    with _signals_kept(pending) as passed_to:
        try:
            process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user's own
        except FileNotFoundError:
            fail(f"{command[0]}: command not found")
            return _NOT_FOUND
        except OSError as error:
            fail(f"{command[0]}: {error.strerror}")
            return _NOT_EXECUTABLE
        passed_to.append(process)
        for number in pending:
            process.send_signal(number)
        code = process.wait()
    return _SIGNALLED - code if code < 0 else code


@contextmanager
def _signals_kept(pending: list[int]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Hand signals on to the process that is put into the list; before there is one, remember them."""
    processes: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _: object) -> None:
        if number in _FROM_TERMINAL and _in_foreground():
            return
        if not processes:
            pending.append(number)
        for process in processes:
            process.send_signal(number)

    before = {number: signal.signal(number, hand_on) for number in _PASSED_ON}
    try:
        yield processes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether Ctrl-C reaches this process from its terminal, and so the command in its group too."""
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


def _tell_what_ends(runtime: Runtime) -> None:
    """Name the executions that end with this server; jobs and executions do not outlive it."""
    running = [
        document["PipelineExecutionArn"]
        for document in runtime.records.list("Execution")
        if not ExecutionStatus(document["PipelineExecutionStatus"]).is_finished()
    ]
    if running:
        print(
            f"note: the command has ended and the server with it, so these executions stop: {', '.join(running)}; "
            "wait for them in the command, or serve with `python -m runtime` in another terminal",
            file=sys.stderr,
        )
