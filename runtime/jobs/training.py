"""Training jobs: channels in, model.tar.gz and metrics out."""

from __future__ import annotations

from pathlib import Path

from runtime.api import ApiError
from runtime.clock import now
from runtime.images._base import Image
from runtime.jobs import container
from runtime.jobs._base import JobKind, JobStatus
from runtime.jobs.archives import ordinary_files, pack
from runtime.jobs.container import JobFolder
from runtime.jobs.entry_point import (
    check_entry_point,
    check_regexes,
    max_runtime,
    run_command,
    run_image,
)
from runtime.jobs.errors import JobFailed
from runtime.jobs.metrics import algorithm_metrics, defined_metrics
from runtime.jobs.processes import ProcessEnd
from runtime.jobs.python_environment import unmet_requirement
from runtime.jobs.script_mode import fetch, script_of, with_requirements
from runtime.jobs.training_environment import training_environment
from runtime.s3 import join_uri
from runtime.stop import StopSignal
from runtime.storage._base import Document

_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
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
        algorithm = self._image(document).algorithm
        if algorithm:
            specification["MetricDefinitions"] = [
                {"Name": metric.name, "Regex": metric.regex} for metric in algorithm.metrics
            ]
        return {
            **document,
            "AlgorithmSpecification": specification,
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [_transition("Starting", document["CreationTime"])],
        }

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
        name = document[self.name_member]
        folder = self.workshop.folder(self.kind, name)
        try:
            folder.create()
            self._download(document, folder)
            self._enter(name, "Training")
            end = self._train(document, folder, stop)
            return self._results(document, folder, end)
        finally:
            folder.remove()

    def _download(self, document: Document, folder: JobFolder) -> None:
        container.check_bucket(self.workshop.objects, document["OutputDataConfig"]["S3OutputPath"])
        self._enter(document[self.name_member], "Downloading")
        # Our own algorithms never write to their input, so they may share the stored files.
        command = self.command(document)
        link = not command
        for channel in document.get("InputDataConfig") or []:
            source = channel["DataSource"].get("S3DataSource")
            if source is None:
                raise JobFailed(
                    f"ClientError: channel '{channel['ChannelName']}' has no S3DataSource"
                )
            target = folder.root / "input/data" / channel["ChannelName"]
            container.download(self.workshop.objects, source, target, link=link)
        folder.write_json(
            "input/config/hyperparameters.json", document.get("HyperParameters") or {}
        )
        folder.write_json("input/config/inputdataconfig.json", _input_data_config(document))
        instance_type = (document.get("ResourceConfig") or {}).get("InstanceType", "local")
        config = container.resource_config(instance_type)
        folder.write_json("input/config/resourceconfig.json", config)
        script = script_of(document)
        if script and command == script.command:
            fetch(script, self.workshop.objects, folder)

    def _train(self, document: Document, folder: JobFolder, stop: StopSignal) -> ProcessEnd:
        command = self.command(document)
        seconds = max_runtime(document)
        if not command:
            uri = document["AlgorithmSpecification"]["TrainingImage"]
            return run_image(self.workshop, folder, uri, stop, seconds)
        command = with_requirements(command, folder, script_of(document))
        environment = training_environment(document, self.workshop.settings.threads)
        return run_command(self.workshop, folder, command, environment, (stop, seconds))

    def _results(self, document: Document, folder: JobFolder, end: ProcessEnd) -> Document:
        members: Document = {"FinalMetricDataList": self._metrics(document, folder)}
        output = join_uri(
            document["OutputDataConfig"]["S3OutputPath"], document[self.name_member], "output"
        )
        self._upload_archive(folder, "output/data", join_uri(output, "output.tar.gz"))
        if end.exit_code != 0 and not (end.stopped or end.timed_out):
            failure, hint = folder.read("output/failure") or "", unmet_requirement(folder.log)
            reason = f"{hint}; {failure}" if hint and failure else hint or failure
            return {**members, **self._failed(_algorithm_error(reason, end.exit_code))}
        self._enter(document[self.name_member], "Uploading")
        model = self._upload_model(document, folder, output, stopped=end.stopped)
        if model:
            members["ModelArtifacts"] = {"S3ModelArtifacts": model}
        if end.timed_out:
            return {
                **members,
                self.status_member: JobStatus.STOPPED,
                "SecondaryStatus": "MaxRuntimeExceeded",
            }
        status = JobStatus.STOPPED if end.stopped else JobStatus.COMPLETED
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

    def _metrics(self, document: Document, folder: JobFolder) -> list[Document]:
        algorithm = self._image(document).algorithm
        if algorithm:
            found = algorithm_metrics(folder.log, algorithm.metrics)
        else:
            specification = document["AlgorithmSpecification"]
            found = defined_metrics(folder.log, specification.get("MetricDefinitions") or [])
        moment = now()
        return [
            {"MetricName": name, "Value": value, "Timestamp": moment}
            for name, value in found.items()
        ]

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
