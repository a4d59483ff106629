"""Processes that hold the data of several training jobs and fork them, without a tuning job around them."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import runtime.images
from pipelines.definition.discovery import find
from runtime.images._base import Image
from runtime.images.linear_learner import LinearLearnerImage
from runtime.images.xgboost import XGBoostImage
from runtime.jobs.job_server import JobProcess, Nest
from runtime.jobs.processes import ProcessEnd, Processes
from runtime.jobs.watch import Watch
from runtime.jobs.work import image_name
from runtime.stop import StopSignal

TREES = {"num_round": "20", "objective": "reg:squarederror", "max_depth": "3"}
LINES = {"predictor_type": "regressor", "epochs": "3"}
FOR_EVER = {**TREES, "num_round": "100000000"}
SECONDS = 60
WaitFor = Callable[[Callable[[], object]], None]
Alive = Callable[[int], bool]
Pids = Callable[[], list[int]]


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    opened = Processes([*XGBoostImage.preload, *LinearLearnerImage.preload], limit=2, threads=1)
    yield opened
    opened.close()


class Trials:
    """Training jobs below one folder that share their data, each with a folder and a log of its own."""

    def __init__(self, home: Path, processes: Processes, image: type[Image]) -> None:
        self.home, self.processes, self.image = home, processes, image_name(image)
        self.ends: dict[str, ProcessEnd] = {}
        root = self.folder("shared", TREES if image is XGBoostImage else LINES)
        loader = JobProcess(
            root, home / "nest.log", "runtime.jobs.nest:serve", [self.image], self.environment
        )
        self.nest = Nest(loader)

    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}

    def folder(self, name: str, hyperparameters: dict[str, str]) -> Path:
        root = self.home / name
        config, generator = root / "input/config", random.Random(0)
        config.mkdir(parents=True)
        channels = {}
        for channel in ("train", "validation"):
            data = root / "input/data" / channel
            data.mkdir(parents=True)
            rows = [(generator.random(), generator.random()) for _ in range(100)]
            lines = [f"{3 * x1 + 2 * x2},{x1},{x2}\n" for x1, x2 in rows]
            (data / "rows.csv").write_text("".join(lines))
            channels[channel] = {
                "ContentType": "text/csv",
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
        (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        (config / "resourceconfig.json").write_text(json.dumps(hosts))
        (root / "model").mkdir()
        return root

    def run(
        self,
        name: str,
        hyperparameters: dict[str, str],
        *,
        stop: StopSignal | None = None,
        watch: Watch | None = None,
        alone: bool = False,
    ) -> ProcessEnd:
        """Run a training job to its end; `alone` is without the shared data, in a process of its own."""
        process = JobProcess(
            self.folder(name, hyperparameters),
            self.home / f"{name}.log",
            "runtime.jobs.work:train",
            [self.image, watch.document() if watch else None],
            self.environment,
            nest=None if alone else self.nest,
        )
        self.ends[name] = self.processes.run(process, stop or StopSignal())
        return self.ends[name]

    def start(self, name: str, hyperparameters: dict[str, str]) -> tuple[StopSignal, Any]:
        """Start a training job: what stops it, and its thread."""
        stop = StopSignal()
        thread = threading.Thread(
            target=self.run, args=(name, hyperparameters), kwargs={"stop": stop}
        )
        thread.start()
        return stop, thread

    def log(self, name: str) -> str:
        path = self.home / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def model(self, name: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.home / name / "model").iterdir()}


@pytest.fixture
def trials(tmp_path: Path, processes: Processes) -> Iterator[Trials]:
    opened = Trials(tmp_path, processes, XGBoostImage)
    yield opened
    opened.nest.close()


@pytest.fixture
def workers(data_processes: Pids, children: Callable[[int], list[int]]) -> Pids:
    """What the data process of this test has forked; it can be asked from the first job on."""
    found: list[int] = []

    def now() -> list[int]:
        found[:] = found or data_processes()
        return children(*found)

    return now


# Several trainings of each family whose processes share data.
TRIED: dict[type[Image], list[dict[str, str]]] = {
    XGBoostImage: [
        {**TREES, "subsample": "0.5", "seed": "3"},
        {**TREES, "max_bin": "16", "colsample_bytree": "0.5"},
        {**TREES, "booster": "gblinear"},
        {**TREES, "tree_method": "exact", "num_round": "35"},
        {**TREES, "subsample": "0.5", "early_stopping_rounds": "2"},
        {**TREES, "booster": "dart", "rate_drop": "0.3", "eval_metric": "mae"},
    ],
    LinearLearnerImage: [
        {**LINES, "learning_rate": "0.1", "optimizer": "sgd"},
        {**LINES, "loss": "absolute_loss", "l1": "0.01"},
        {**LINES, "normalize_data": "false"},
    ],
}


def test_every_family_that_shares_data_is_tried_here() -> None:
    found = {image for image in find(runtime.images, Image) if image.shares_data}  # type: ignore[type-abstract]
    assert found == set(TRIED)


@pytest.mark.parametrize("image", TRIED, ids=lambda image: str(image.name))
def test_one_process_trains_one_after_the_other_as_processes_of_their_own_would(
    image: type[Image],
    tmp_path: Path,
    processes: Processes,
    workers: Pids,
) -> None:
    trials = Trials(tmp_path, processes, image)
    tried, used = TRIED[image], set()
    for number, hyperparameters in enumerate([*tried, tried[0]]):
        assert trials.run(f"shared-{number}", hyperparameters) == ProcessEnd(0), trials.log(
            f"shared-{number}"
        )
        assert trials.run(f"alone-{number}", hyperparameters, alone=True) == ProcessEnd(0)
        assert trials.model(f"shared-{number}") == trials.model(f"alone-{number}")
        used |= set(workers())
    assert len(used) == 1
    trials.nest.close()


def test_each_job_has_a_log_of_its_own_that_is_whole_when_it_has_ended(trials: Trials) -> None:
    logs = []
    for number in range(3):
        trials.run(f"{number}", {**TREES, "num_round": f"{5 + number}"})
        logs.append(trials.log(f"{number}"))
    assert [log.count("\ttrain-rmse:") for log in logs] == [5, 6, 7]
    assert [trials.log(f"{number}") for number in range(3)] == logs


def test_each_job_is_warned_and_watched_for_itself(trials: Trials) -> None:
    unused = {**TREES, "booster": "gblinear", "gamma": "1"}
    most = Watch(r"#011train-rmse:(\S+)", maximize=False, most=25)
    assert trials.run("watched", unused, watch=most) == ProcessEnd(0)
    assert trials.run("free", {**unused, "num_round": "30"}) == ProcessEnd(0)
    assert all('Parameters: { "gamma"' in trials.log(name) for name in ("watched", "free"))
    end = trials.run("stopped", {**unused, "num_round": "30"}, watch=most)
    assert end == ProcessEnd(-signal.SIGTERM)
    assert trials.run("after", unused) == ProcessEnd(0)


def test_a_job_that_fails_says_so_and_the_next_gets_another_process(
    trials: Trials, workers: Pids
) -> None:
    trials.run("first", TREES)
    assert len(workers()) == 1
    used = []
    for number, (eta, code) in enumerate([("0.3", 0), ("7", 1), ("0.3", 0), ("0.3", 0)]):
        name = f"{number}"
        assert trials.run(name, {**TREES, "eta": eta}) == ProcessEnd(code)
        used.append(workers())
        assert ("eta" in trials.log(name)) == (code != 0)
    first, none, second, third = used
    assert none == []
    assert len(first) == 1
    assert second == third != first
    assert trials.model("0") == trials.model("3")


def test_a_job_that_is_stopped_ends_alone_and_the_next_ones_run(
    trials: Trials,
    wait_for: WaitFor,
    workers: Pids,
) -> None:
    trials.run("before", TREES)
    stop, stopped = trials.start("stopped", FOR_EVER)
    wait_for(lambda: "[0]\t" in trials.log("stopped"))
    assert trials.run("beside", TREES) == ProcessEnd(0)
    stop.request()
    stopped.join(SECONDS)
    assert trials.ends["stopped"] == ProcessEnd(-signal.SIGTERM, stopped=True)
    assert trials.run("after", TREES) == ProcessEnd(0)
    assert trials.model("before") == trials.model("beside") == trials.model("after")
    # What ran beside it is free for another job.
    assert len(workers()) == 1


def test_a_process_that_is_killed_between_two_jobs_is_missed_by_nobody(
    trials: Trials,
    wait_for: WaitFor,
    workers: Pids,
) -> None:
    trials.run("before", TREES)
    (idle,) = workers()
    os.kill(idle, signal.SIGKILL)
    wait_for(lambda: not workers())
    assert trials.run("after", TREES) == ProcessEnd(0)


def test_a_process_that_is_killed_as_it_gets_a_job_ends_only_that_job(
    trials: Trials, workers: Pids, data_processes: Pids
) -> None:
    for number in range(10):
        trials.run(f"before-{number}", TREES)
        (nest,) = data_processes()
        os.kill(*workers(), signal.SIGKILL)
        # At the same time: it may have died already, or dies with the job.
        assert trials.run(f"at-once-{number}", TREES).exit_code in (0, -signal.SIGKILL)
        assert trials.run(f"after-{number}", TREES) == ProcessEnd(0)
        assert data_processes() == [nest]


def test_a_job_whose_process_is_killed_ends_with_the_signal(
    trials: Trials,
    wait_for: WaitFor,
    workers: Pids,
) -> None:
    trials.run("before", TREES)
    _, thread = trials.start("killed", FOR_EVER)
    wait_for(lambda: "[0]\t" in trials.log("killed"))
    os.kill(*workers(), signal.SIGKILL)
    thread.join(SECONDS)
    assert trials.ends["killed"] == ProcessEnd(-signal.SIGKILL)
    assert trials.run("after", TREES) == ProcessEnd(0)


def test_closing_leaves_no_process(
    trials: Trials,
    alive: Alive,
    data_processes: Pids,
    wait_for: WaitFor,
    workers: Pids,
) -> None:
    trials.run("idle", TREES)
    there = [*data_processes(), *workers()]
    assert len(there) == 2
    trials.nest.close()
    wait_for(lambda: not any(map(alive, there)))
