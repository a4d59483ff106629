"""The fork server and its children, without any job around them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.jobs.job_server import JobProcess
from runtime.jobs.processes import ProcessEnd, Processes
from runtime.stop import StopSignal

ROOT = Path(__file__).parents[3]
SECONDS = 30


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    opened = Processes([], limit=2, threads=1)
    yield opened
    opened.close()


class Folder:
    """A job folder with a script in it."""

    def __init__(self, home: Path) -> None:
        self.root = home / "ml"
        self.log = home / "log"
        (self.root / "code").mkdir(parents=True)

    def script(self, code: str, **environment: str) -> JobProcess:
        (self.root / "code/script.py").write_text(code)
        command = ["python3", "/opt/ml/code/script.py"]
        return JobProcess(
            self.root,
            self.log,
            "runtime.jobs.work:run",
            [command],
            {"PATH": os.environ["PATH"], **environment},
            private=True,
        )

    def text(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


WaitFor = Callable[[Callable[[], object]], None]
Alive = Callable[[int], bool]


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("pass", 0),
        ("import sys; sys.exit(3)", 3),
        ("raise SystemExit('reason')", 1),
        ("raise ValueError", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
        ("import os; os._exit(7)", 7),
    ],
)
def test_exit_codes_are_those_of_an_interpreter(
    code: str, exit_code: int, processes: Processes, folder: Folder
) -> None:
    assert processes.run(folder.script(code), StopSignal()) == ProcessEnd(exit_code)


def test_exit_handlers_and_threads_of_a_script_are_honoured(
    processes: Processes, folder: Folder
) -> None:
    code = """
import atexit, ctypes, threading, time
atexit.register(print, "handler")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
ctypes.CDLL(None).printf(b"from C\\n")
print("main")
"""
    processes.run(folder.script(code), StopSignal())
    assert sorted(folder.text().split("\n")) == ["", "from C", "handler", "main", "thread"]


def test_a_script_is_told_nothing_but_its_own_environment(
    processes: Processes, folder: Folder
) -> None:
    code = "import os, sys; print(sorted(os.environ)); print(sys.argv, __name__)"
    processes.run(folder.script(code, MINE="1"), StopSignal())
    environment, argv = folder.text().splitlines()
    assert set(eval(environment)) <= {"PATH", "MINE", "LC_CTYPE"}
    assert argv.endswith("script.py'] __main__")


def test_stop_terminates_and_reports_it(
    processes: Processes, folder: Folder, wait_for: WaitFor
) -> None:
    stop = StopSignal()
    process = folder.script("import time; print('ready', flush=True); time.sleep(600)")
    ends: list[ProcessEnd] = []
    thread = threading.Thread(target=lambda: ends.append(processes.run(process, stop)))
    thread.start()
    wait_for(lambda: "ready" in folder.text())
    stop.request()
    thread.join(SECONDS)
    assert ends == [ProcessEnd(-signal.SIGTERM, stopped=True)]


@pytest.mark.parametrize("leaves_its_group", [False, True])
def test_what_a_job_started_ends_with_it(
    leaves_its_group: bool, processes: Processes, folder: Folder, alive: Alive
) -> None:
    code = f"""
import subprocess
command = ["sh", "-c", "sleep 600 & echo $! $$; wait"]
subprocess.Popen(command, start_new_session={leaves_its_group})
while len(open("/proc/self/fd/1").read().split()) < 2:
    pass
"""
    processes.run(folder.script(code), StopSignal())
    assert [alive(int(pid)) for pid in folder.text().split()] == [False, False]


def test_without_private_mounts_paths_in_arguments_and_environment_are_replaced(
    processes: Processes, folder: Folder
) -> None:
    code = "import os, sys; print(sys.argv, os.environ['MODEL'], os.getcwd(), sep='\\n')"
    process = replace(folder.script(code, MODEL="/opt/ml/model"), private=False)
    process.arguments[0].append("--out=/opt/ml/output")
    assert processes.run(process, StopSignal()) == ProcessEnd(0)
    root = folder.root
    assert folder.text().splitlines() == [
        str([f"{root}/code/script.py", f"--out={root}/output"]),
        f"{root}/model",
        f"{root}/code",
    ]


def test_a_log_on_a_full_disk_ends_the_job_and_nothing_hangs(
    processes: Processes, folder: Folder
) -> None:
    process = replace(folder.script("print('line', flush=True)"), log=Path("/dev/full"))
    end = processes.run(process, StopSignal())
    assert end.exit_code not in (0, None)
    assert not end.server_died


def test_hurry_also_shortens_the_grace_of_what_was_told_to_stop_before(
    folder: Folder, wait_for: WaitFor
) -> None:
    processes = Processes([], limit=1, threads=1)
    code = "import signal, time\n"
    code += "signal.signal(15, lambda *_: print('no', flush=True)); print('ready', flush=True)\n"
    code += "while True: time.sleep(600)"
    stop, ends = StopSignal(), list[ProcessEnd]()
    process = folder.script(code)
    thread = threading.Thread(target=lambda: ends.append(processes.run(process, stop)))
    thread.start()
    wait_for(lambda: "ready" in folder.text())
    stop.request()
    wait_for(lambda: "no" in folder.text())
    processes.hurry()
    thread.join(SECONDS)
    assert ends == [ProcessEnd(-signal.SIGKILL, stopped=True)]
    assert processes.run(process, StopSignal()).stopped  # nothing new starts
    processes.close()


def test_only_so_many_run_at_once_and_a_waiting_one_can_be_stopped(
    processes: Processes, tmp_path: Path, wait_for: WaitFor
) -> None:
    stops = [StopSignal() for _ in range(3)]
    folders = [Folder(tmp_path / str(index)) for index in range(3)]
    ends: dict[int, ProcessEnd] = {}

    def run(index: int) -> None:
        process = folders[index].script("import time; print('ready', flush=True); time.sleep(600)")
        ends[index] = processes.run(process, stops[index])

    threads = [threading.Thread(target=run, args=(index,)) for index in range(3)]
    for thread in threads[:2]:
        thread.start()
    wait_for(lambda: all("ready" in folder.text() for folder in folders[:2]))
    threads[2].start()
    stops[2].request()
    threads[2].join(SECONDS)
    assert ends[2].stopped
    assert folders[2].text() == ""
    for stop in stops[:2]:
        stop.request()
    for thread in threads[:2]:
        thread.join(SECONDS)


def test_a_dead_fork_server_loses_its_jobs_and_is_replaced(
    tmp_path: Path, wait_for: WaitFor
) -> None:
    processes = Processes([], limit=2, threads=1)
    folder = Folder(tmp_path)
    process = folder.script("import os, time; print(os.getppid(), flush=True); time.sleep(600)")
    ends: list[ProcessEnd] = []
    thread = threading.Thread(target=lambda: ends.append(processes.run(process, StopSignal())))
    thread.start()
    wait_for(lambda: folder.text().strip())
    os.kill(int(folder.text()), signal.SIGKILL)
    thread.join(SECONDS)
    assert ends[0].server_died
    assert processes.run(folder.script("pass"), StopSignal()) == ProcessEnd(0)
    processes.close()


def test_nothing_outlives_a_killed_runtime(tmp_path: Path, wait_for: WaitFor, alive: Alive) -> None:
    folder = Folder(tmp_path)
    process = folder.script(
        "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(600)"
    )
    code = f"""
from pathlib import Path
from runtime.jobs.job_server import JobProcess
from runtime.jobs.processes import Processes
from runtime.stop import StopSignal
process = JobProcess(Path({str(process.root)!r}), Path({str(process.log)!r}), {process.target!r},
                     {list(process.arguments)!r}, {dict(process.environment)!r}, True)
Processes([], 1, 1).run(process, StopSignal())
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_for(lambda: len(folder.text().split()) == 2)
    job, server = map(int, folder.text().split())
    parent.kill()
    parent.wait()
    wait_for(lambda: not alive(job) and not alive(server))


def test_close_leaves_no_process(tmp_path: Path, alive: Alive) -> None:
    processes = Processes([], limit=1, threads=1)
    folder = Folder(tmp_path)
    processes.run(folder.script("import os; print(os.getppid())"), StopSignal())
    processes.close()
    processes.close()
    assert not alive(int(folder.text()))
