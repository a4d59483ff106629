"""Tuning jobs: training jobs proposed by a strategy, some at a time, and the best of them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import runtime.tuning
from pipelines.definition.algorithms._base import Algorithm
from runtime.api import ApiError
from runtime.clock import now
from runtime.discovery import by_key, find
from runtime.jobs._base import JobKind, JobStatus, Workshop
from runtime.jobs.training import WATCH, TrainingJobs
from runtime.jobs.tuning.autotune import is_autotuned, with_autotune
from runtime.jobs.tuning.checks import check_tuning, resource_of
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
        check_tuning(self._complete(request), [self._algorithm(one) for one in definitions])
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
        search = self._search(document)
        stop.on_request(search.halt)
        limits = document["HyperParameterTuningJobConfig"]["ResourceLimits"]
        with _at_most(limits.get("MaxRuntimeInSeconds"), search):
            search.run()
        return self._end(document, stop)

    def ended(self, document: Document, members: Document) -> Document:
        ended = super().ended(document, members)
        seconds = int(ended[self.end_member] - ended["CreationTime"])
        return {**ended, "ConsumedResources": {"RuntimeInSeconds": seconds}}

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
            request = with_autotune(request, self._algorithm(definitions[0]))
        elif config["Strategy"] == "Grid":
            product = sum(combinations(one.ranges) for one in definitions)
            limits = {"MaxNumberOfTrainingJobs": product, **config["ResourceLimits"]}
            request = {
                **request,
                "HyperParameterTuningJobConfig": {**config, "ResourceLimits": limits},
            }
        return request

    def _algorithm(self, definition: Definition) -> Algorithm | None:
        """The facts of a built-in algorithm; None when a script of the user's own decides."""
        image = definition.request["AlgorithmSpecification"]["TrainingImage"]
        scripted = bool(self._training.command(definition.request))
        return None if scripted else self.workshop.catalog.find(image).algorithm

    def _search(self, document: Document) -> Search:
        config = document["HyperParameterTuningJobConfig"]
        limits = config["ResourceLimits"]
        rules = Rules(
            limits.get("MaxNumberOfTrainingJobs") or 1,
            limits["MaxParallelTrainingJobs"],
            config["TrainingJobEarlyStoppingType"] == "Auto",
            criteria_of(config),
        )
        arms = [self._arm(document, definition) for definition in definitions_of(document)]
        return Search(self._training, arms, rules, partial(self._launch, document))

    def _arm(self, document: Document, definition: Definition) -> Arm:
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
        return Arm(definition, strategy, self._objective_regex(definition), most)

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
        self._training.launch(
            self._training.document(request), private={WATCH: order.watch}, ended=ended
        )
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
