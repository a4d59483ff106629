"""Tuning jobs: training jobs proposed by a strategy, some at a time, and the best of them."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import runtime.tuning
from pipelines.definition.discovery import by_key, find
from runtime.api import ApiError
from runtime.clock import now
from runtime.jobs._base import JobKind, JobStatus, Workshop
from runtime.jobs.entry_point import TrialSettings
from runtime.jobs.errors import JobFailed
from runtime.jobs.job_server import Nest
from runtime.jobs.training import TRIAL, TrainingJobs
from runtime.jobs.tuning.autotune import is_autotuned, with_autotune
from runtime.jobs.tuning.checks import Code, check_tuning, resource_of
from runtime.jobs.tuning.completion import criteria_of
from runtime.jobs.tuning.request import OBJECTIVE, Definition, definitions_of, with_defaults
from runtime.jobs.tuning.results import DEFINITION, results, summary
from runtime.jobs.tuning.search import GIVE_UP_AFTER, Arm, Order, Rules, Search
from runtime.jobs.tuning.warm_start import check_warm_start, parent_names, prior_trials
from runtime.stop import StopSignal
from runtime.storage._base import Document
from runtime.tuning._base import Brief, Strategy
from runtime.tuning.grid import combinations

_NONE_SUCCEEDED = (
    "No training job succeeded after {count} attempts. For additional details, please take a look at the "
    "training job failures by listing training jobs for the hyperparameter tuning job."
)
# What a training job does not take over from its definition.
_OWN_MEMBERS = (
    "DefinitionName",
    "HyperParameterRanges",
    "HyperParameterTuningResourceConfig",
    "StaticHyperParameters",
    "TuningObjective",
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
        definitions = definitions_of(request)
        for definition in definitions:
            self._training.check_definition(definition.request)
        check_tuning(self._complete(request), [self._code(one) for one in definitions])
        parents = [self.find(name) for name in parent_names(request)]
        if parents:
            check_warm_start(request, parents)

    def document(self, request: Document) -> Document:
        document = with_defaults(super().document(self._complete(request)))
        return {**document, **results(document, [], self._parent_summaries(document))}

    def missing(self, name: str) -> ApiError:
        return ApiError(
            "ResourceNotFound", f"Could not find hyperparameter tuning job with name: {name}"
        )

    def describe(self, name: str) -> Document:
        """The record with counters and the best training job so far. Raises ApiError."""
        return self._described(self.find(name))

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
        limits = document["HyperParameterTuningJobConfig"]["ResourceLimits"]
        with self._nests(document) as nests:
            search = self._search(document, nests)
            stop.on_request(search.halt)
            with _at_most(limits.get("MaxRuntimeInSeconds"), search):
                search.run()
        return self._end(document, stop)

    @contextmanager
    def _nests(self, document: Document) -> Iterator[list[Nest | None]]:
        """For each definition the process that its training jobs are forked from; their folders end with the context."""
        with ExitStack() as stack:
            yield [
                self._nest(document, definition, number, stack)
                for number, definition in enumerate(definitions_of(document))
            ]

    def _nest(
        self, document: Document, definition: Definition, number: int, stack: ExitStack
    ) -> Nest | None:
        folder = self.workshop.folder(self.kind, f"{document[self.name_member]}-{number}")
        request = {**definition.request, "HyperParameters": definition.static}
        nest = self._training.nest(request, folder)
        if nest is None:
            return None
        stack.callback(folder.discard)
        folder.create()
        try:
            self._training.fill(request, folder)
        except JobFailed:  # its training jobs say so themselves
            return None
        stack.callback(nest.close)
        return nest

    def ended(self, document: Document, members: Document) -> Document:
        ended = super().ended(document, members)
        seconds = int(ended[self.end_member] - ended["CreationTime"])
        return {**ended, "ConsumedResources": {"RuntimeInSeconds": seconds}}

    def recover(self) -> None:
        super().recover()
        # What a process that died had read for its training jobs; tuning jobs have no other files.
        shutil.rmtree(self.workshop.directory / "jobs" / self.kind, ignore_errors=True)

    def _described(self, document: Document) -> Document:
        jobs, parents = self.training_jobs(document), self._parent_summaries(document)
        described = {**document, **results(document, jobs, parents)}
        seconds = int(document.get(self.end_member, now()) - document["CreationTime"])
        return {**described, "ConsumedResources": {"RuntimeInSeconds": seconds}}

    def _complete(self, request: Document) -> Document:
        """The request with what it leaves to the service."""
        definitions = definitions_of(request)
        config = dict(request["HyperParameterTuningJobConfig"])
        if is_autotuned(request) and len(definitions) == 1:
            request = with_autotune(request, self._code(definitions[0]).algorithm)
        elif config["Strategy"] == "Grid":
            product = sum(combinations(one.ranges) for one in definitions)
            limits = {"MaxNumberOfTrainingJobs": product, **config["ResourceLimits"]}
            request = {
                **request,
                "HyperParameterTuningJobConfig": {**config, "ResourceLimits": limits},
            }
        return request

    def _code(self, definition: Definition) -> Code:
        image = definition.request["AlgorithmSpecification"]["TrainingImage"]
        algorithm = self.workshop.catalog.find(image).algorithm
        if algorithm:
            names = [metric.name for metric in algorithm.metrics if metric.objective]
        else:
            shown = self._training.metric_definitions(definition.request)
            names = [entry["Name"] for entry in shown]
        scripted = bool(self._training.command(definition.request))
        return Code(None if scripted else algorithm, tuple(names))

    def _search(self, document: Document, nests: Sequence[Nest | None]) -> Search:
        config = document["HyperParameterTuningJobConfig"]
        limits = config["ResourceLimits"]
        rules = Rules(
            limits.get("MaxNumberOfTrainingJobs") or 1,
            limits["MaxParallelTrainingJobs"],
            config["TrainingJobEarlyStoppingType"] == "Auto",
            criteria_of(config),
        )
        arms = [
            self._arm(document, definition, nest)
            for definition, nest in zip(definitions_of(document), nests, strict=True)
        ]
        return Search(self._training, arms, rules, partial(self._launch, document))

    def _arm(self, document: Document, definition: Definition, nest: Nest | None) -> Arm:
        config = document["HyperParameterTuningJobConfig"]
        resource = resource_of(document, definition)
        brief = Brief(
            definition.ranges,
            definition.objective.maximize,
            config.get("RandomSeed") or 0,
            tuple(
                trial
                for parent in self._parents(document)
                for trial in prior_trials(definition, parent, self.training_jobs(parent))
            ),
            resource,
        )
        strategy = self._strategies[config["Strategy"]](brief)
        most = resource[1] if resource else None
        return Arm(definition, strategy, self._objective_regex(definition), most, nest)

    def _objective_regex(self, definition: Definition) -> str:
        shown = self._training.metric_definitions(definition.request)
        wanted = definition.objective.metric
        return next(str(entry["Regex"]) for entry in shown if entry["Name"] == wanted)

    def _parents(self, document: Mapping[str, Any]) -> list[Document]:
        """The parents' records; one that was deleted since has nothing to say."""
        records = self.workshop.records
        found = (records.get(self.kind, name) for name in parent_names(document))
        return [parent for parent in found if parent is not None]

    def _parent_summaries(self, document: Mapping[str, Any]) -> list[Document]:
        return [
            summary(job, parent)
            for parent in self._parents(document)
            for job in self.training_jobs(parent)
        ]

    def _launch(self, document: Document, order: Order, ended: Callable[[str], None]) -> str:
        name = f"{document[self.name_member]}-{order.number + 1:03d}-{secrets.token_hex(4)}"
        request = _training_request(document, order, name)
        trial = TrialSettings(order.watch, order.arm.nest)
        self._training.launch(self._training.document(request), private={TRIAL: trial}, ended=ended)
        return name

    def _end(self, document: Document, stop: StopSignal) -> Document:
        jobs = self.training_jobs(document)
        members = results(document, jobs, self._parent_summaries(document))
        completed = any(job["TrainingJobStatus"] == JobStatus.COMPLETED for job in jobs)
        succeeded = completed or "BestTrainingJob" in members
        if stop.requested:
            return {**members, self.status_member: JobStatus.STOPPED}
        if not succeeded:
            reason = _NONE_SUCCEEDED.format(count=min(GIVE_UP_AFTER, len(jobs)))
            return {**members, **self._failed(reason)}
        return {**members, self.status_member: JobStatus.COMPLETED}


@contextmanager
def _at_most(seconds: float | None, search: Search) -> Iterator[None]:
    """End a search when its time is over."""
    if not seconds:
        yield
        return
    timer = threading.Timer(seconds, search.halt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _training_request(document: Document, order: Order, name: str) -> Document:
    definition = order.arm.definition
    request = {
        **{key: value for key, value in definition.request.items() if key not in _OWN_MEMBERS},
        "TrainingJobName": name,
        "HyperParameters": {
            **definition.static,
            **order.parameters,
            OBJECTIVE: definition.objective.metric,
        },
        "TuningJobArn": document["HyperParameterTuningJobArn"],
        "TunedHyperParameters": dict(order.parameters),
    }
    resources = definition.request.get("HyperParameterTuningResourceConfig")
    if resources:
        request["ResourceConfig"] = _first_choice(resources)
    if definition.name:
        request[DEFINITION] = definition.name
    return request


def _first_choice(resources: Mapping[str, Any]) -> Document:
    """The ResourceConfig of a training job: the first of the prioritised instance types, all of which are there here."""
    chosen = (resources.get("InstanceConfigs") or [resources])[0]
    kept = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
    return {key: chosen[key] for key in kept if key in chosen}
