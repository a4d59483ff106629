"""Training jobs: channels in, model.tar.gz and metrics out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.api import ApiError
from runtime.clock import now
from runtime.images._base import Image
from runtime.jobs import container
from runtime.jobs._base import JobKind, JobStatus
from runtime.jobs.archives import ordinary_files, pack
from runtime.jobs.checkpoints import checkpoints_of, synchronised
from runtime.jobs.container import JobFolder
from runtime.jobs.entry_point import (
    Command,
    TrialSettings,
    check_entry_point,
    check_regexes,
    max_runtime,
    nest_of,
    run_commands,
    run_image,
)
from runtime.jobs.errors import InternalFailure, JobFailed
from runtime.jobs.host_results import gather
from runtime.jobs.hosts import Cluster, check_hosts, cluster_of
from runtime.jobs.job_server import Nest
from runtime.jobs.metrics import algorithm_metrics, defined_metrics
from runtime.jobs.processes import ProcessEnd
from runtime.jobs.python_environment import unmet_requirement
from runtime.jobs.script_mode import fetch, script_of, with_requirements
from runtime.jobs.training_environment import training_environment
from runtime.jobs.watch import MARK, following
from runtime.jobs.work import CLIENT_ERROR
from runtime.s3 import join_uri
from runtime.stop import StopSignal
from runtime.storage._base import Document

_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Restarting": "Restarting the training job after an internal error",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
# The private member of a training job's document that holds its TrialSettings.
TRIAL = "Trial"
_FIRST_PARTY_METRICS = (
    "You can't override the metric definitions for Amazon SageMaker algorithms. "
    "Please retry the request without specifying metric definitions."
)


class TrainingJobs(JobKind):
    kind = "TrainingJob"
    arn_kind = "training-job"
    noun = "training job"
    end_member = "TrainingEndTime"

    def check(self, request: Document) -> None:
        self.check_definition(request)

    def check_definition(self, definition: Document) -> None:
        """Refuse a training request, or the training part of a tuning request. Raises ApiError."""
        specification = definition["AlgorithmSpecification"]
        uri = specification.get("TrainingImage")
        if uri is None:
            raise ApiError(
                "ValidationException",
                "AlgorithmSpecification needs a TrainingImage: the local runtime has no algorithm resources.",
            )
        image = self.workshop.catalog.find(uri)
        metrics = specification.get("MetricDefinitions") or []
        if metrics and image.algorithm:
            raise ApiError("ValidationException", _FIRST_PARTY_METRICS)
        check_regexes(metrics)
        modes = [channel.get("InputMode") for channel in definition.get("InputDataConfig") or []]
        if "Pipe" in (specification.get("TrainingInputMode"), *modes):
            raise ApiError(
                "ValidationException",
                "TrainingInputMode 'Pipe' is not supported by the local runtime; use File or FastFile.",
            )
        check_entry_point(image, uri, self.command(definition), self.noun)
        check_hosts(definition)

    def command(self, definition: Document) -> list[str]:
        """What runs instead of the image's own training; empty when nothing does.

        The request's entry point, else what the user mapped the image to, else the script its hyperparameters name.
        """
        specification = definition["AlgorithmSpecification"]
        mapped = self.workshop.catalog.command(specification["TrainingImage"])
        entry_point = specification.get("ContainerEntrypoint") or mapped
        if entry_point:
            return [*entry_point, *(specification.get("ContainerArguments") or [])]
        script = script_of(definition)
        return script.command if script else []

    def document(self, request: Document) -> Document:
        document = super().document(request)
        specification = dict(document["AlgorithmSpecification"])
        if definitions := self.metric_definitions(document):
            specification["MetricDefinitions"] = definitions
        return {
            **document,
            "AlgorithmSpecification": specification,
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [_transition("Starting", document["CreationTime"])],
        }

    def nest(self, document: Document, folder: JobFolder) -> Nest | None:
        """A process that reads the data in a filled folder once for many jobs; None where jobs cannot share it."""
        image: type[Image] = self._image(document)
        if (
            self.command(document)
            or not image.shares_data
            or len(self._cluster(document).hosts) > 1
        ):
            return None
        return nest_of(self.workshop, folder, image)

    def metric_definitions(self, definition: Document) -> list[Document]:
        """What is read off the log: a built-in algorithm's own metrics, else the request's."""
        algorithm = self._image(definition).algorithm
        if algorithm:
            return [{"Name": metric.name, "Regex": metric.regex} for metric in algorithm.metrics]
        return list(definition["AlgorithmSpecification"].get("MetricDefinitions") or [])

    def missing(self, name: str) -> ApiError:
        return ApiError("ValidationException", "Requested resource not found.")

    def stopping(self, document: Document) -> Document:
        if JobStatus(document[self.status_member]).is_finished():
            return document
        return _advance(super().stopping(document), "Stopping")

    def ended(self, document: Document, members: Document) -> Document:
        secondary = members.get("SecondaryStatus") or str(members[self.status_member])
        advanced = _advance({**document, **members}, secondary)
        ended = super().ended(advanced, {})
        seconds = int(
            ended[self.end_member] - ended.get("TrainingStartTime", ended[self.end_member])
        )
        return {**ended, "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}

    def work(self, document: Document, stop: StopSignal) -> Document:
        retries = (document.get("RetryStrategy") or {}).get("MaximumRetryAttempts", 0)
        for _ in range(retries):
            try:
                return self._attempt(document, stop)
            except InternalFailure:
                self._enter(document[self.name_member], "Restarting")
        return self._attempt(document, stop)

    def _attempt(self, document: Document, stop: StopSignal) -> Document:
        name = document[self.name_member]
        folder = self.workshop.folder(self.kind, name)
        cluster = self._cluster(document)
        hosts = [folder.of(host) for host in cluster.hosts]
        try:
            self._download(document, cluster, folder)
            with synchronised(self.workshop.objects, checkpoints_of(document), hosts):
                self._enter(name, "Training")
                end = self._train(document, cluster, folder, stop)
            return self._results(document, hosts, end)
        finally:
            folder.remove()

    def _cluster(self, document: Document) -> Cluster:
        """The hosts that have something to do."""
        cluster = cluster_of(document)
        shared = self.command(document) or self._image(document).distributes
        return cluster if shared else cluster.leader

    def _download(self, document: Document, cluster: Cluster, folder: JobFolder) -> None:
        for host in cluster.hosts:
            folder.of(host).create()
        container.check_bucket(self.workshop.objects, document["OutputDataConfig"]["S3OutputPath"])
        self._enter(document[self.name_member], "Downloading")
        self.fill(document, folder)

    def fill(self, document: Document, folder: JobFolder) -> None:
        """Put into the folder of each host what the container finds below /opt/ml/input. Raises JobFailed."""
        cluster = self._cluster(document)
        for host in cluster.hosts:
            self._fill(document, cluster, host, folder.of(host))

    def _fill(self, document: Document, cluster: Cluster, host: str, folder: JobFolder) -> None:
        command = self.command(document)
        for channel in document.get("InputDataConfig") or []:
            source = channel["DataSource"].get("S3DataSource")
            if source is None:
                raise JobFailed(
                    f"ClientError: channel '{channel['ChannelName']}' has no S3DataSource"
                )
            target = folder.root / "input/data" / channel["ChannelName"]
            share = cluster.share(host, source)
            # Our own algorithms never write to their input, so they may share the stored files.
            link = not command
            container.download(self.workshop.objects, source, target, link=link, share=share)
        folder.write_json(
            "input/config/hyperparameters.json", document.get("HyperParameters") or {}
        )
        folder.write_json("input/config/inputdataconfig.json", _input_data_config(document))
        folder.write_json("input/config/resourceconfig.json", cluster.resource_config(host))
        script = script_of(document)
        if script and command == script.command:
            fetch(script, self.workshop.objects, folder)

    def _train(
        self, document: Document, cluster: Cluster, folder: JobFolder, stop: StopSignal
    ) -> ProcessEnd:
        seconds = max_runtime(document)
        command = self.command(document)
        if not command:
            hosts = [folder.of(host) for host in cluster.hosts]
            trial = document.get(TRIAL, TrialSettings())
            uri = document["AlgorithmSpecification"]["TrainingImage"]
            return run_image(self.workshop, hosts, uri, (stop, seconds), trial)
        words = with_requirements(command, folder, script_of(document))
        addresses = cluster.addresses(document["TrainingJobArn"])
        threads = self.workshop.settings.threads
        commands = [
            Command(
                folder.of(host),
                words,
                training_environment(document, cluster, host, threads),
                addresses,
            )
            for host in cluster.hosts
        ]
        with self._followed(document, folder):
            return run_commands(self.workshop, commands, stop, seconds)

    @contextmanager
    def _followed(self, document: Document, folder: JobFolder) -> Iterator[None]:
        """Stop a job of a tuning job when its log says that it is not worth going on."""
        trial: TrialSettings = document.get(TRIAL, TrialSettings())
        if trial.watch is None:
            yield
            return
        with following(folder.log, trial.watch, lambda: self.stop(document[self.name_member])):
            yield

    def _results(self, document: Document, hosts: list[JobFolder], end: ProcessEnd) -> Document:
        folder = hosts[0]
        stopped = end.stopped or any((host.root / MARK).exists() for host in hosts)
        members: Document = {"FinalMetricDataList": self._metrics(document, hosts)}
        output = join_uri(
            document["OutputDataConfig"]["S3OutputPath"], document[self.name_member], "output"
        )
        for name in ("model", "output/data"):
            gather([host.root for host in hosts], name)
        self._upload_archive(folder, "output/data", join_uri(output, "output.tar.gz"))
        if end.exit_code != 0 and not (stopped or end.timed_out):
            failed = hosts[end.place]
            failure, hint = failed.read("output/failure") or "", unmet_requirement(failed.log)
            reason = f"{hint}; {failure}" if hint and failure else hint or failure
            if end.exit_code == CLIENT_ERROR and not self.command(document):
                return {**members, **self._failed(f"ClientError: {reason}")}
            return {**members, **self._failed(_algorithm_error(reason, end.exit_code))}
        self._enter(document[self.name_member], "Uploading")
        model = self._upload_model(document, folder, output, stopped=stopped)
        if model:
            members["ModelArtifacts"] = {"S3ModelArtifacts": model}
        if end.timed_out:
            return {
                **members,
                self.status_member: JobStatus.STOPPED,
                "SecondaryStatus": "MaxRuntimeExceeded",
            }
        status = JobStatus.STOPPED if stopped else JobStatus.COMPLETED
        return {**members, self.status_member: status}

    def _upload_model(
        self, document: Document, folder: JobFolder, output: str, *, stopped: bool
    ) -> str | None:
        """Store the model; its URI, or None when a stopped job left none."""
        if document["OutputDataConfig"].get("CompressionType") == "NONE":
            uri = join_uri(output, "model")
            container.upload_tree(self.workshop.objects, folder.root / "model", uri)
            return uri + "/"
        if stopped and not _has_files(folder.root / "model"):
            return None
        uri = join_uri(output, "model.tar.gz")
        archive = folder.root / "model.tar.gz"
        pack(folder.root / "model", archive)
        container.upload_file(self.workshop.objects, archive, uri)
        return uri

    def _upload_archive(self, folder: JobFolder, name: str, uri: str) -> None:
        source = folder.root / name
        if _has_files(source):
            archive = folder.root / "output.tar.gz"
            pack(source, archive)
            container.upload_file(self.workshop.objects, archive, uri)

    def _metrics(self, document: Document, hosts: list[JobFolder]) -> list[Document]:
        found: dict[str, float] = {}
        for host in reversed(hosts):  # what the first one printed counts
            found |= self._printed(document, host)
        moment = now()
        return [
            {"MetricName": name, "Value": value, "Timestamp": moment}
            for name, value in found.items()
        ]

    def _printed(self, document: Document, host: JobFolder) -> dict[str, float]:
        algorithm = self._image(document).algorithm
        if algorithm:
            return algorithm_metrics(host.log, algorithm.metrics)
        specification = document["AlgorithmSpecification"]
        return defined_metrics(host.log, specification.get("MetricDefinitions") or [])

    def _image(self, document: Document) -> type[Image]:
        return self.workshop.catalog.find(document["AlgorithmSpecification"]["TrainingImage"])

    def _enter(self, name: str, secondary: str) -> None:
        """Show the next stage, unless the job is being stopped."""

        def advance(document: Document) -> Document:
            if document[self.status_member] != JobStatus.IN_PROGRESS:
                return document
            advanced = _advance(document, secondary)
            if secondary == "Downloading":
                advanced["TrainingStartTime"] = now()
            return advanced

        self.update(name, advance)


def _has_files(folder: Path) -> bool:
    """Whether there is anything to keep in a folder that the job may have removed."""
    return any(ordinary_files(folder))


def _input_data_config(document: Document) -> Document:
    config: Document = {}
    mode = document["AlgorithmSpecification"].get("TrainingInputMode", "File")
    for channel in document.get("InputDataConfig") or []:
        source = channel["DataSource"].get("S3DataSource", {})
        entry = {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if channel.get("ContentType"):
            entry["ContentType"] = channel["ContentType"]
        config[channel["ChannelName"]] = entry
    return config


def _algorithm_error(reason: str, exit_code: int) -> str:
    # 128 + n is how a container runtime shows a signal; the code must survive the cut at 1024 characters.
    code = 128 - exit_code if exit_code < 0 else exit_code
    return f"AlgorithmError: {reason[:980]}, exit code: {code}"


def _transition(status: str, moment: float) -> Document:
    return {"Status": status, "StartTime": moment, "StatusMessage": _MESSAGES[status]}


def _advance(document: Document, secondary: str) -> Document:
    """Close the current stage and open the next; the last one is closed at once."""
    moment = now()
    transitions = [dict(entry) for entry in document["SecondaryStatusTransitions"]]
    if transitions and "EndTime" not in transitions[-1]:
        transitions[-1]["EndTime"] = moment
    entry = _transition(secondary, moment)
    if secondary in ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"):
        entry["EndTime"] = moment
    return {
        **document,
        "SecondaryStatus": secondary,
        "SecondaryStatusTransitions": [*transitions, entry],
    }
