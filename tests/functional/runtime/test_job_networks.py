"""The network that the hosts of one job have to themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def output(code: str) -> str:
    """What a single-threaded process of its own prints, with its children."""
    code = f"import os, socket\nfrom runtime.jobs import namespace, network\n{code}"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_processes_that_share_it_reach_each_other_and_nobody_else_does() -> None:
    told = output("""
made = network.create()
if made is None:
    raise SystemExit(0)
reader, writer = os.pipe()
if os.fork() == 0:
    made.enter()
    server = socket.create_server(("", 0))
    os.write(writer, str(server.getsockname()[1]).encode())
    server.accept()[0].sendall(b"hello")
    os._exit(0)
port = int(os.read(reader, 10))
try:
    socket.create_connection(("127.0.0.1", port))
except ConnectionRefusedError:
    print("refused outside", flush=True)
made.enter()
made.close()
print([name for _, name in socket.if_nameindex()])
print(socket.create_connection(("127.0.0.1", port)).makefile().read())
os.wait()
""")
    if not told:
        pytest.skip("this system gives a process no network of its own")
    assert told.split("\n") == ["refused outside", "['lo']", "hello", ""]


def test_where_the_system_refuses_it_there_is_none() -> None:
    told = output("""
def refuse():
    raise namespace.NamespaceRefused(1, "no")
namespace.leave_network = refuse
print(network.create())
""")
    assert told == "None\n"
