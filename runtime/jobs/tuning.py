"""Tuning jobs: training jobs proposed by a strategy, some at a time, and the best of them.

Reproducible although parallel: training job n is proposed from exactly the results of the first n - P in launch
order (P = MaxParallelTrainingJobs); the P - 1 before it are handed over as running, whether or not they have ended.
For the same reason TrainingJobEarlyStoppingType `Auto` is accepted and stops nothing: the last value of a job that
is stopped half-way depends on the speed of the machine.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import runtime.tuning
from runtime.api import ApiError
from runtime.discovery import UnknownPlugin, by_key, find, pick
from runtime.jobs._base import JobKind, JobStatus, Workshop
from runtime.jobs.training import TrainingJobs
from runtime.jobs.tuning_request import (
    check_tuning,
    maximizes,
    objective_of,
    ranges_of,
    training_definition,
    with_defaults,
)
from runtime.jobs.tuning_results import objective_value, results, summary
from runtime.stop import StopSignal
from runtime.storage._base import Document
from runtime.tuning._base import Strategy, Trial

_GIVE_UP_AFTER = 5
_NONE_SUCCEEDED = (
    "No training job succeeded after {count} attempts. For additional details, please take a look at the "
    "training job failures by listing training jobs for the hyperparameter tuning job."
)


class TuningJobs(JobKind):
    kind = "HyperParameterTuningJob"
    arn_kind = "hyper-parameter-tuning-job"
    noun = "hyperparameter tuning job"
    end_member = "HyperParameterTuningEndTime"

    def __init__(self, workshop: Workshop, training: TrainingJobs) -> None:
        super().__init__(workshop)
        self._training = training
        self._strategies = by_key(
            find(runtime.tuning, Strategy),  # type: ignore[type-abstract]
            "name",
        )

    def check(self, request: Document) -> None:
        self._strategy(request)
        definition = training_definition(request)
        self._training.check_definition(definition)
        image = definition["AlgorithmSpecification"]["TrainingImage"]
        scripted = bool(self._training.command(definition))
        check_tuning(request, self.workshop.catalog.find(image).algorithm, scripted=scripted)

    def document(self, request: Document) -> Document:
        document = with_defaults(super().document(request))
        return {**document, **results(document, [])}

    def missing(self, name: str) -> ApiError:
        return ApiError(
            "ResourceNotFound", f"Could not find hyperparameter tuning job with name: {name}"
        )

    def describe(self, name: str) -> Document:
        """The record with counters and the best training job so far. Raises ApiError."""
        document = self.find(name)
        return {**document, **results(document, self.training_jobs(document))}

    def training_jobs(self, document: Document) -> list[Document]:
        """Records of the training jobs, in launch order."""
        found = self.workshop.records.list("TrainingJob", f"{document[self.name_member]}-")
        own = document["HyperParameterTuningJobArn"]
        return [job for job in found if job.get("TuningJobArn") == own]

    def summaries(self, name: str) -> list[Document]:
        """Entries of ListTrainingJobsForHyperParameterTuningJob. Raises ApiError."""
        document = self.find(name)
        return [summary(job, document) for job in self.training_jobs(document)]

    def work(self, document: Document, stop: StopSignal) -> Document:
        search = _Search(self._training, document, self._strategy(document))
        stop.on_request(search.halt)
        limits = document["HyperParameterTuningJobConfig"]["ResourceLimits"]
        timer = threading.Timer(limits.get("MaxRuntimeInSeconds", 0), search.halt)
        timer.daemon = True
        if limits.get("MaxRuntimeInSeconds"):
            timer.start()
        try:
            search.run()
        finally:
            timer.cancel()
        return self._end(document, stop)

    def _end(self, document: Document, stop: StopSignal) -> Document:
        jobs = self.training_jobs(document)
        succeeded = any(job["TrainingJobStatus"] == JobStatus.COMPLETED for job in jobs)
        members = results(document, jobs)
        if stop.requested:
            return {**members, self.status_member: JobStatus.STOPPED}
        if not succeeded:
            reason = _NONE_SUCCEEDED.format(count=min(_GIVE_UP_AFTER, len(jobs)))
            return {**members, **self._failed(reason)}
        return {**members, self.status_member: JobStatus.COMPLETED}

    def _strategy(self, request: Mapping[str, Document]) -> Strategy:
        config = request["HyperParameterTuningJobConfig"]
        try:
            strategy = pick(self._strategies, config["Strategy"], "tuning strategy")
        except UnknownPlugin as error:
            raise ApiError("ValidationException", f"The local runtime has {error}.") from error
        return strategy(
            ranges_of(request), maximize=maximizes(request), seed=config.get("RandomSeed") or 0
        )


class _Search:
    """The training jobs of one tuning job, launched one after the other as places come free."""

    def __init__(self, training: TrainingJobs, document: Document, strategy: Strategy) -> None:
        self._training = training
        self._document = document
        self._strategy = strategy
        self._limits = document["HyperParameterTuningJobConfig"]["ResourceLimits"]
        self._names: list[str] = []
        self._trials: list[Trial] = []
        self._settled: list[Trial] = []
        self._lock = threading.Lock()
        self.halted = False

    def run(self) -> None:
        """Return when every launched training job has ended, also when something goes wrong."""
        try:
            for _ in range(self._limits.get("MaxNumberOfTrainingJobs") or 1):
                if not self._next():
                    break
        except BaseException:
            self.halt()
            raise
        finally:
            for name in self._names:
                self._training.workshop.running.wait("TrainingJob", name)

    def halt(self) -> None:
        """Launch nothing more and stop what runs."""
        with self._lock:
            self.halted = True
            names = list(self._names)
        for name in names:
            with suppress(ApiError):  # it has ended
                self._training.stop(name)

    def _next(self) -> bool:
        """Launch the next training job when its turn has come; False when there shall be none."""
        count = max(0, len(self._names) + 1 - self._limits["MaxParallelTrainingJobs"])
        finished = self._finished(count)
        if self._hopeless(finished) or self.halted:
            return False
        parameters = self._strategy.suggest(finished, self._trials[count:])
        if parameters is None:
            return False
        self._launch(parameters)
        return True

    def _finished(self, count: int) -> Sequence[Trial]:
        """The first `count` trials with their values, once they have them."""
        while len(self._settled) < count:
            trial = self._trials[len(self._settled)]
            name = self._names[trial.number]
            self._training.workshop.running.wait("TrainingJob", name)
            value = objective_value(self._training.find(name), self._document)
            self._settled.append(replace(trial, value=value))
        return self._settled

    def _hopeless(self, finished: Sequence[Trial]) -> bool:
        """Whether the first five training jobs all failed."""
        first = self._names[:_GIVE_UP_AFTER]
        if len(finished) < _GIVE_UP_AFTER:
            return False
        statuses = {self._training.find(name)["TrainingJobStatus"] for name in first}
        return statuses == {JobStatus.FAILED}

    def _launch(self, parameters: Mapping[str, str]) -> None:
        tuning_job = self._document["HyperParameterTuningJobName"]
        name = f"{tuning_job}-{len(self._names) + 1:03d}-{secrets.token_hex(4)}"
        with self._lock:
            if self.halted:
                return
            self._names.append(name)
            self._trials.append(Trial(len(self._trials), parameters))
            self._training.launch(self._training.document(self._request(name, parameters)))

    def _request(self, name: str, parameters: Mapping[str, str]) -> Document:
        definition = training_definition(self._document)
        static = definition.get("StaticHyperParameters") or {}
        excluded = (
            "StaticHyperParameters",
            "HyperParameterRanges",
            "TuningObjective",
            "DefinitionName",
        )
        objective = {"_tuning_objective_metric": objective_of(self._document)["MetricName"]}
        return {
            **{key: value for key, value in definition.items() if key not in excluded},
            "TrainingJobName": name,
            "HyperParameters": {**static, **parameters, **objective},
            "TuningJobArn": self._document["HyperParameterTuningJobArn"],
            "TunedHyperParameters": dict(parameters),
        }
