"""Training on several hosts with XGBoost's own collective, as the container does it.

The hosts first tell each other, by notes in a folder they share, which of them have training data. Those that have
none leave. Of the others the first one leads: it runs the tracker, prints the metrics and writes model and checkpoints.
Ports are the system's choice, so that jobs do not meet. The library listens on all interfaces, which is why the runtime
gives the hosts a network of their own where it can (`runtime.jobs.network`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xgboost import collective
from xgboost.tracker import RabitTracker

from runtime.algorithms.xgboost.log import log
from runtime.images._base import MEETING, AlgorithmFailure

_ADDRESS = "127.0.0.1"
_TRACKER = "tracker"
_SECONDS_BETWEEN_LOOKS = 0.005
# Seconds a collective operation may take: long, for hosts with little data wait for those with much. Who waits for a
# host that died waits no longer than the runtime needs to end the job.
_PATIENCE = 24 * 3600
# The host that fails first tells why; the others merely see that it is gone. Until it is, they wait for it.
_HEAD_START = 1.0


@dataclass(frozen=True)
class Hosts:
    """The hosts of a job in the order of their ranks, and this one's name among them."""

    names: Sequence[str]
    current: str

    @property
    def several(self) -> bool:
        return len(self.names) > 1

    @property
    def leads(self) -> bool:
        return self.current == self.names[0]


def hosts_of(resource_config: dict[str, Any]) -> Hosts:
    """What resourceconfig.json says; one host when there is none."""
    names = sorted(resource_config.get("hosts") or ["algo-1"])
    return Hosts(names, resource_config.get("current_host", names[0]))


def with_data(hosts: Hosts, *, has_data: bool) -> Hosts | None:
    """Those that take part in the training; None when this host does not. Raises AlgorithmFailure when none does."""
    log(f"Distributed training on {len(hosts.names)} hosts: {', '.join(hosts.names)}")
    _leave_note(hosts.current, has_data)
    taking_part = [name for name in hosts.names if _read_note(name)]
    if not taking_part:
        raise AlgorithmFailure("No hosts received training data.")
    if not has_data:
        log(f"Host {hosts.current} has no training data and takes no part", "WARNING")
        return None
    return Hosts(taking_part, hosts.current)


@contextmanager
def together(hosts: Hosts) -> Iterator[None]:
    """Let this process be one of several to XGBoost while the context lasts."""
    if not hosts.several:
        yield
        return
    tracker = _start_tracker(hosts) if hosts.leads else None
    task = f"{hosts.names.index(hosts.current):05d}"
    collective.init(**_read_note(_TRACKER), dmlc_task_id=task, dmlc_timeout=_PATIENCE)
    try:
        yield
    except Exception:
        # No farewell to the others, here or when a signal ends this host: it would wait for them, and they for it.
        time.sleep(_HEAD_START)
        raise
    collective.finalize()
    if tracker:
        tracker.wait_for()


def _start_tracker(hosts: Hosts) -> RabitTracker:
    tracker = RabitTracker(host_ip=_ADDRESS, n_workers=len(hosts.names), sortby="task")
    tracker.start()
    _leave_note(_TRACKER, tracker.worker_args())
    return tracker


def _leave_note(name: str, content: Any) -> None:
    note = _note(name)
    unfinished = note.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.rename(note)


def _read_note(name: str) -> Any:
    """Wait for a note. A host that never leaves one has failed, and the runtime ends those that wait for it."""
    note = _note(name)
    while not note.exists():
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return json.loads(note.read_text(encoding="utf-8"))


def _note(name: str) -> Path:
    return Path(os.environ[MEETING]) / f"{name}.json"
