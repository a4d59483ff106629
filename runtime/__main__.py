"""`python -m runtime`: serve a local SageMaker until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path

from runtime.lock import DirectoryLock, DirectoryLocked, DirectoryUnusable
from runtime.runtime import Runtime
from runtime.server.app import application
from runtime.server.http import LOOPBACK, Port, PortUnavailable
from runtime.storage._base import StorageError

DEFAULT_PORT = 4590
_FOR_THE_USER = (DirectoryLocked, DirectoryUnusable, PortUnavailable, StorageError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 stopped by a signal, 1 could not serve, 2 usage."""
    options = _parser().parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with ExitStack() as opened:
            url = _serve(options, opened)
            print(_greeting(url, options.data), flush=True)
            stopping.wait()
    except _FOR_THE_USER as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _serve(options: argparse.Namespace, opened: ExitStack) -> str:
    lock = opened.enter_context(DirectoryLock(options.data))
    lock.acquire()
    # Bound before the state is opened: a taken port must not resume executions first.
    port = Port(host=options.host, port=options.port)
    opened.callback(port.stop)
    runtime = Runtime(options.data)
    opened.callback(runtime.close)
    opened.callback(port.stop)  # first, so that no request meets a closed runtime
    runtime.endpoint = lambda: nullcontext(port.url)
    port.serve(application(runtime))
    lock.announce(port.url)
    return port.url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runtime",
        description="Serve a local SageMaker, with S3, IAM and STS, to any AWS client.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on, 0 for a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".sagemaker"),
        metavar="DIR",
        help="state directory, created when missing (default: %(default)s)",
    )
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="address to listen on; any other than a loopback address lets others in (default: %(default)s)",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535 but got '{text}'")
    return int(text)


def _greeting(url: str, data: Path) -> str:
    exports = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SAGEMAKER": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    lines = [f"Local SageMaker at {url}, state in {data} (Ctrl-C stops it). For AWS clients:"]
    return "\n".join([*lines, *(f"  export {name}={value}" for name, value in exports.items())])


if __name__ == "__main__":
    sys.exit(main())
