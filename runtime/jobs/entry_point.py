"""Which process a job becomes: an image's own training, or the entry point the request names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.api import ApiError
from runtime.client_environment import SDK_CONFIG, guarded_python_path
from runtime.images._base import IMAGE_VARIABLE, MEETING, Image
from runtime.jobs._base import Workshop
from runtime.jobs.container import JobFolder, base_environment
from runtime.jobs.errors import InternalFailure
from runtime.jobs.job_server import THREAD_VARIABLES, JobProcess, Nest
from runtime.jobs.processes import ProcessEnd
from runtime.jobs.python_environment import FOLDER as ENVIRONMENT
from runtime.jobs.python_environment import create_environment
from runtime.jobs.watch import Watch
from runtime.jobs.work import image_name
from runtime.stop import StopSignal

# Without a network pip would try for a minute; a job installs as root, or as nobody who could be asked.
_PIP = {
    "PIP_RETRIES": "1",
    "PIP_NO_INPUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}


@dataclass(frozen=True)
class TrialSettings:
    """What a tuning job adds to one of its training jobs: when to stop it early, and where its data is in memory."""

    watch: Watch | None = None
    nest: Nest | None = None


def check_regexes(definitions: Sequence[Mapping[str, str]]) -> None:
    """Refuse metric definitions that are no regular expressions. Raises ApiError."""
    for definition in definitions:
        try:
            re.compile(definition["Regex"])
        except re.error as error:
            raise ApiError(
                "ValidationException",
                f"The regex of the metric '{definition['Name']}' cannot be compiled: {error}",
            ) from error


def check_entry_point(image: type[Image], uri: str, command: Sequence[str], what: str) -> None:
    """Refuse a job whose image could do nothing here. Raises ApiError."""
    if command and not image.runs_scripts:
        raise ApiError(
            "ValidationException",
            f"The local runtime runs no entry point in the image '{uri}' ({image.name}): "
            f"it got {list(command)}. Use an image that runs scripts for this {what}.",
        )
    if not command and (what != "training job" or image.train is Image.train):
        raise ApiError(
            "ValidationException",
            f"The {what} needs a ContainerEntrypoint: the local runtime has no container of the "
            f"image '{uri}' ({image.name}) whose own entry point could run.",
        )


def run_image(
    workshop: Workshop,
    hosts: Sequence[JobFolder],
    uri: str,
    run: tuple[StopSignal, float],
    trial: TrialSettings,
) -> ProcessEnd:
    """Run the training of an image's family, in one job process a host; `run` is (stop, seconds)."""
    variables = {IMAGE_VARIABLE: uri}
    several = len(hosts) > 1
    if several:
        hosts[0].meeting.mkdir()
        variables[MEETING] = str(hosts[0].meeting)
    image = workshop.catalog.find(uri)
    arguments = [image_name(image), trial.watch.document() if trial.watch else None]
    processes = [
        JobProcess(
            host.root,
            host.log,
            "runtime.jobs.work:train",
            arguments,
            {**base_environment(host.root, workshop.settings.region), **variables},
            offline=several,
            nest=trial.nest,
        )
        for host in hosts
    ]
    return _run(workshop, processes, *run)


def nest_of(workshop: Workshop, folder: JobFolder, image: type[Image]) -> Nest:
    """A process that reads the data in a folder once, for all jobs that it forks."""
    environment = base_environment(folder.root, workshop.settings.region)
    # Not the log of any job: what is wrong with the data, each job says itself.
    log = folder.root / "nest.log"
    arguments = [image_name(image)]
    return Nest(JobProcess(folder.root, log, "runtime.jobs.nest:serve", arguments, environment))


def run_predictor(
    workshop: Workshop,
    folder: JobFolder,
    image: type[Image],
    environment: Mapping[str, str],
    stop: StopSignal,
) -> ProcessEnd:
    """Run a batch transform in a job process; it has no time limit of its own."""
    variables = {**base_environment(folder.root, workshop.settings.region), **environment}
    process = JobProcess(
        folder.root, folder.log, "runtime.jobs.batch:transform", [image_name(image)], variables
    )
    return _run(workshop, [process], stop, None)


@dataclass(frozen=True)
class Command:
    """An entry point as one host of a job runs it; `addresses` are where it finds the others by their names."""

    folder: JobFolder
    words: Sequence[str]
    environment: Mapping[str, str]
    addresses: Mapping[str, str] = field(default_factory=dict)


def run_commands(
    workshop: Workshop, commands: Sequence[Command], stop: StopSignal, seconds: float
) -> ProcessEnd:
    """Run the entry points of a job's hosts with /opt/ml and, while they run, an endpoint for their own AWS calls."""
    with workshop.endpoint() as url:
        processes = [_process(workshop, command, url) for command in commands]
        return _run(workshop, processes, stop, seconds)


def _process(workshop: Workshop, command: Command, url: str | None) -> JobProcess:
    folder = command.folder
    variables = base_environment(folder.root, workshop.settings.region)
    create_environment(folder.root)
    # The paths of the container, which the process sees in its own mounts.
    variables |= {"HOME": "/opt/ml/tmp", "TMPDIR": "/opt/ml/tmp"}
    variables["PATH"] = f"/opt/ml/{ENVIRONMENT}/bin{os.pathsep}{variables['PATH']}"
    variables |= {**_PIP, "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(SDK_CONFIG)}
    # The same for every job: sums of floats depend on the number of threads.
    variables |= dict.fromkeys(THREAD_VARIABLES, str(workshop.settings.threads))
    if url:
        variables["AWS_ENDPOINT_URL"] = url
    variables |= command.environment
    variables["PYTHONPATH"] = guarded_python_path(variables)
    return JobProcess(
        folder.root,
        folder.log,
        "runtime.jobs.work:run",
        [list(command.words)],
        variables,
        private=True,
        addresses=command.addresses,
    )


def _run(
    workshop: Workshop, processes: Sequence[JobProcess], stop: StopSignal, seconds: float | None
) -> ProcessEnd:
    first, *peers = processes
    end = workshop.processes.run(first, stop, seconds, peers)
    if end.server_died:
        raise InternalFailure("the process that runs jobs ended; out of memory is the usual cause")
    return end


def max_runtime(document: Mapping[str, Any], default: float = 86_400.0) -> float:
    """Seconds the job may run."""
    condition = document.get("StoppingCondition") or {}
    return float(condition.get("MaxRuntimeInSeconds") or default)
