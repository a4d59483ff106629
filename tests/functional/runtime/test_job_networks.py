"""The network that the hosts of one job have to themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.jobs.job_server import JobProcess
from runtime.jobs.processes import Processes
from runtime.stop import StopSignal

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


# Prints its network while all members of its group still run: numbers of ended ones are given out again.
MEMBER = """
import os, pathlib, sys, time
group = pathlib.Path(sys.argv[1])
(group / str(os.getpid())).touch()
while len(list(group.iterdir())) < 4:
    time.sleep(0.001)
print(os.readlink("/proc/self/ns/net"))
"""


def test_groups_that_start_at_the_same_moment_keep_their_networks_apart(
    tmp_path: Path,
) -> None:
    """What is asked for between two of a group would part them."""
    script = tmp_path / "member.py"
    script.write_text(MEMBER)

    def member(group: int, number: int) -> JobProcess:
        folder, met = tmp_path / f"{group}-{number}", tmp_path / f"met-{group}"
        (folder / "code").mkdir(parents=True)
        met.mkdir(exist_ok=True)
        command = [["python3", str(script), str(met)]]
        environment = {"PATH": os.environ["PATH"]}
        arguments = (folder, folder / "log", "runtime.jobs.work:run", command, environment)
        return JobProcess(*arguments, offline=True)

    groups = [[member(group, number) for number in range(4)] for group in range(12)]
    processes = Processes([], limit=len(groups), threads=1)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # as many threads as there are groups, in each other's way
    try:
        with ThreadPoolExecutor(len(groups)) as pool:
            ends = pool.map(
                lambda group: processes.run(group[0], StopSignal(), 60, group[1:]), groups
            )
            assert {end.exit_code for end in ends} == {0}
    finally:
        sys.setswitchinterval(interval)
        processes.close()
    seen = [{process.log.read_text() for process in group} for group in groups]
    if seen[0] == {f"{Path('/proc/self/ns/net').readlink()}\n"}:
        pytest.skip("this system gives a process no network of its own")
    assert [len(networks) for networks in seen] == [1] * len(groups)
