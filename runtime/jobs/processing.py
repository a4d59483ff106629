"""Processing jobs: inputs in, an entry point, outputs out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runtime.api import ApiError
from runtime.clock import now
from runtime.jobs import container
from runtime.jobs._base import JobKind, JobStatus
from runtime.jobs.container import JobFolder
from runtime.jobs.entry_point import Command, check_entry_point, max_runtime, run_commands
from runtime.jobs.errors import JobFailed, JobStopped
from runtime.jobs.processes import ProcessEnd
from runtime.jobs.python_environment import unmet_requirement
from runtime.stop import StopSignal
from runtime.storage._base import Document

_WITH_MESSAGE = "AlgorithmError: See job logs for more information"


class ProcessingJobs(JobKind):
    kind = "ProcessingJob"
    arn_kind = "processing-job"
    noun = "processing job"
    end_member = "ProcessingEndTime"

    def check(self, request: Document) -> None:
        specification = request["AppSpecification"]
        image = self.workshop.catalog.find(specification["ImageUri"])
        check_entry_point(image, specification["ImageUri"], self._command(request), self.noun)
        for name, local_path in _local_paths(request):
            if not local_path.startswith("/opt/ml/processing/"):
                raise ApiError(
                    "ValidationException",
                    f"LocalPath '{local_path}' of '{name}' must start with /opt/ml/processing/.",
                )

    def work(self, document: Document, stop: StopSignal) -> Document:
        folder = self.workshop.folder(self.kind, document[self.name_member])
        try:
            folder.create()
            self._prepare(document, folder)
            self.set(document[self.name_member], ProcessingStartTime=now())
            command = Command(folder, self._command(document), document.get("Environment") or {})
            end = run_commands(self.workshop, [command], stop, max_runtime(document))
            return self._results(document, folder, end)
        finally:
            folder.remove()

    def _prepare(self, document: Document, folder: JobFolder) -> None:
        for output in _outputs(document):
            container.check_bucket(self.workshop.objects, output["S3Output"]["S3Uri"])
            folder.path(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        for entry in document.get("ProcessingInputs") or []:
            source = entry.get("S3Input")
            if source is None:
                raise JobFailed(f"ClientError: input '{entry['InputName']}' has no S3Input")
            target = folder.path(source["LocalPath"])
            container.download(self.workshop.objects, source, target)
        folder.write_json("config/processingjobconfig.json", _config(document))
        hosts = {"current_host": container.HOST, "hosts": [container.HOST]}
        folder.write_json("config/resourceconfig.json", hosts)

    def _results(self, document: Document, folder: JobFolder, end: ProcessEnd) -> Document:
        message = folder.read("output/message")
        members: Document = {"ExitMessage": message} if message else {}
        if end.stopped:
            if not members:
                raise JobStopped
            return {**members, self.status_member: JobStatus.STOPPED}
        if end.timed_out:
            limit = int(max_runtime(document))
            reason = (
                f"ClientError: the job ran longer than its MaxRuntimeInSeconds of {limit} seconds"
            )
            return {**members, **self._failed(reason)}
        if end.exit_code != 0:
            code = 128 - end.exit_code if end.exit_code < 0 else end.exit_code
            hint = unmet_requirement(folder.log)
            reason = _WITH_MESSAGE if message else f"AlgorithmError: {hint}, exit code: {code}"
            return {**members, **self._failed(reason)}
        for output in _outputs(document):
            local = folder.path(output["S3Output"]["LocalPath"])
            container.upload_tree(self.workshop.objects, local, output["S3Output"]["S3Uri"])
        return {**members, self.status_member: JobStatus.COMPLETED}

    def _command(self, request: Mapping[str, Any]) -> list[str]:
        """The entry point with its arguments; empty when there is none, not even the user's for this image."""
        specification = request["AppSpecification"]
        mapped = self.workshop.catalog.command(specification["ImageUri"])
        entry_point = specification.get("ContainerEntrypoint") or mapped
        arguments = specification.get("ContainerArguments") or []
        return [*entry_point, *arguments] if entry_point else []


def _outputs(request: Mapping[str, Any]) -> list[Document]:
    outputs = (request.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    return [output for output in outputs if "S3Output" in output]


def _local_paths(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in request.get("ProcessingInputs") or []:
        if "S3Input" in entry:
            yield entry["InputName"], entry["S3Input"].get("LocalPath", "")
    for output in _outputs(request):
        yield output["OutputName"], output["S3Output"].get("LocalPath", "")


def _config(document: Document) -> Document:
    """processingjobconfig.json, in the members the service writes."""
    specification = document["AppSpecification"]
    return {
        "ProcessingJobArn": document["ProcessingJobArn"],
        "ProcessingJobName": document["ProcessingJobName"],
        "AppSpecification": {
            "ImageUri": specification["ImageUri"],
            "ContainerEntrypoint": specification.get("ContainerEntrypoint"),
            "ContainerArguments": specification.get("ContainerArguments"),
        },
        "Environment": document.get("Environment") or {},
        "ProcessingInputs": document.get("ProcessingInputs") or [],
        "ProcessingOutputConfig": document.get("ProcessingOutputConfig") or {"Outputs": []},
        "ProcessingResources": document["ProcessingResources"],
        "RoleArn": document["RoleArn"],
        "StoppingCondition": document.get("StoppingCondition") or {"MaxRuntimeInSeconds": 86_400},
    }
