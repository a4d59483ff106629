"""The training jobs of one tuning job: which comes next, when its turn is, and when there have been enough.

Reproducible although parallel: training job n is proposed from exactly the results of the first n - L in launch
order, whether or not later ones have ended; the L before it are handed over as running. L is a little more than the
number of jobs at a time, so that a place that comes free is not kept for the slowest job.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from runtime.api import ApiError
from runtime.jobs._base import JobStatus
from runtime.jobs.job_server import Nest
from runtime.jobs.metrics import series
from runtime.jobs.training import TrainingJobs
from runtime.jobs.tuning.completion import Criteria, is_complete
from runtime.jobs.tuning.request import Definition
from runtime.jobs.tuning.results import contenders, objective_value
from runtime.jobs.watch import Watch
from runtime.tuning._base import Strategy, Trial
from runtime.tuning._median import median_cutoffs

GIVE_UP_AFTER = 5


def lag_of(parallel: int) -> int:
    """How many jobs before one may still run when it is proposed."""
    return parallel if parallel == 1 else parallel + 2


@dataclass(frozen=True)
class Arm:
    """One definition and its search; `regex` finds the objective in a log, `most` is Hyperband's MaxResource.

    `nest` holds the data of its training jobs in memory.
    """

    definition: Definition
    strategy: Strategy
    regex: str
    most: int | None = None
    nest: Nest | None = None


@dataclass(frozen=True)
class Rules:
    """How many training jobs there are, how many at a time, and what ends the search earlier."""

    jobs: int
    parallel: int
    early_stopping: bool
    criteria: Criteria


@dataclass(frozen=True)
class Order:
    """A training job to launch: a place in the search, its hyperparameters, and what stops it early."""

    number: int
    arm: Arm
    parameters: Mapping[str, str]
    watch: Watch | None


class Search:
    """`launch` starts a training job and returns its name, which it gives to its second argument when the job ends.

    Several arms take turns.
    """

    def __init__(
        self,
        training: TrainingJobs,
        arms: Sequence[Arm],
        rules: Rules,
        launch: Callable[[Order, Callable[[str], None]], str],
    ) -> None:
        self._training, self._arms, self._rules, self._launch = training, arms, rules, launch
        self._names: list[str] = []
        self._trials: list[Trial] = []
        # The first trials with what came of them, in launch order.
        self._settled: list[Trial] = []
        # Their objectives and statuses.
        self._results: list[tuple[float | None, str]] = []
        self._ended: set[str] = set()
        self._changed = threading.Condition()
        self.halted = False

    def run(self) -> None:
        """Return when every launched training job has ended, also when something goes wrong."""
        try:
            for number in range(self._rules.jobs):
                order = self._next(number)
                if order is None:
                    break
                self._start(order)
            self._wait(lambda: len(self._settled) == len(self._trials))
        finally:
            self.halt()
            for name in self._names:
                self._training.workshop.running.wait("TrainingJob", name)

    def halt(self) -> None:
        """Launch nothing more and stop what runs."""
        with self._changed:
            self.halted = True
            running = [name for name in self._names if name not in self._ended]
            self._changed.notify_all()
        for name in running:
            with suppress(ApiError):  # it has ended meanwhile
                self._training.stop(name)

    def _ended_now(self, name: str) -> None:
        """Take note of the end of a training job, from whatever thread."""
        with self._changed:
            self._ended.add(name)
            self._changed.notify_all()

    def _next(self, number: int) -> Order | None:
        """The next training job, when its turn has come; None when there shall be none."""
        arm = self._arms[number % len(self._arms)]
        needed = max(0, number + 1 - lag_of(self._rules.parallel)) if self._learns(arm) else 0
        if not self._wait(lambda: len(self._settled) >= needed):
            return None
        order = self._proposal(number, arm, self._settled[:needed])
        if order is None or not self._wait(self._has_place):
            return None
        return order

    def _proposal(self, number: int, arm: Arm, finished: Sequence[Trial]) -> Order | None:
        own = [trial for trial in self._trials if self._arms[trial.number % len(self._arms)] is arm]
        known = {trial.number: trial for trial in finished}
        done = _renumbered([known[trial.number] for trial in own if trial.number in known])
        running = _renumbered([one for one in own if one.number not in known], len(done))
        parameters = arm.strategy.suggest(done, running)
        if parameters is None:
            return None
        return Order(number, arm, parameters, self._watch(arm, len(own), done))

    def _watch(self, arm: Arm, number: int, finished: Sequence[Trial]) -> Watch | None:
        cutoffs = dict(arm.strategy.cutoffs(number, finished))
        if self._rules.early_stopping:
            cutoffs |= median_cutoffs(finished)
        if not cutoffs and arm.most is None:
            return None
        return Watch(arm.regex, arm.definition.objective.maximize, cutoffs, arm.most)

    def _learns(self, arm: Arm) -> bool:
        return arm.strategy.learns or self._rules.early_stopping

    def _start(self, order: Order) -> None:
        with self._changed:
            if self.halted:
                return
            self._trials.append(Trial(order.number, order.parameters))
            self._names.append(self._launch(order, self._ended_now))

    def _has_place(self) -> bool:
        return len(self._names) - len(self._ended) < self._rules.parallel

    def _wait(self, condition: Callable[[], bool]) -> bool:
        """Whether it came true before the search was over."""
        with self._changed:
            self._changed.wait_for(lambda: self.halted or self._is_over() or condition())
            return not (self.halted or self._is_over())

    def _is_over(self) -> bool:
        """Take in what has ended, in launch order; whether the results so far end the search."""
        while (count := len(self._settled)) < len(self._trials):
            if self._names[count] not in self._ended:
                break
            self._settle(self._trials[count], self._names[count])
        failed = [status == JobStatus.FAILED for _, status in self._results]
        if len(failed) >= GIVE_UP_AFTER and all(failed):
            return True
        first = self._arms[0].definition
        values = contenders(self._results)
        return is_complete(self._rules.criteria, values, first.objective, len(first.ranges))

    def _settle(self, trial: Trial, name: str) -> None:
        arm = self._arms[trial.number % len(self._arms)]
        job: Mapping[str, Any] = self._training.find(name)
        value = objective_value(job, arm.definition.objective)
        curve: tuple[float, ...] = ()
        if self._rules.early_stopping or arm.most is not None:
            log = self._training.workshop.folder("TrainingJob", name).log
            curve = tuple(series(log, arm.regex))
        self._settled.append(replace(trial, value=value, curve=curve))
        self._results.append((value, job["TrainingJobStatus"]))


def _renumbered(trials: Sequence[Trial], first: int = 0) -> list[Trial]:
    """Trials as their own arm counts them."""
    return [replace(trial, number=number) for number, trial in enumerate(trials, first)]
