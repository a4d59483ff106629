"""Which process a job becomes: an image's own training, or the entry point the request names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from runtime.api import ApiError
from runtime.client_environment import SDK_CONFIG, guarded_python_path
from runtime.images._base import IMAGE_VARIABLE, Image
from runtime.jobs._base import Workshop
from runtime.jobs.container import JobFolder, base_environment
from runtime.jobs.errors import JobFailed
from runtime.jobs.processes import THREAD_VARIABLES, JobProcess, ProcessEnd
from runtime.jobs.python_environment import FOLDER as ENVIRONMENT
from runtime.jobs.python_environment import create_environment
from runtime.jobs.work import image_name
from runtime.stop import StopSignal

# Without a network pip would try for a minute; a job installs as root, or as nobody who could be asked.
_PIP = {
    "PIP_RETRIES": "1",
    "PIP_NO_INPUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}


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
    workshop: Workshop, folder: JobFolder, uri: str, stop: StopSignal, seconds: float
) -> ProcessEnd:
    """Run the training of an image's family in a job process."""
    image = workshop.catalog.find(uri)
    environment = base_environment(folder.root, workshop.settings.region) | {IMAGE_VARIABLE: uri}
    process = JobProcess(
        folder.root, folder.log, "runtime.jobs.work:train", [image_name(image)], environment
    )
    return _run(workshop, process, stop, seconds)


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
    return _run(workshop, process, stop, None)


def run_command(
    workshop: Workshop,
    folder: JobFolder,
    command: Sequence[str],
    environment: Mapping[str, str],
    run: tuple[StopSignal, float],
) -> ProcessEnd:
    """Run an entry point with /opt/ml and, while it runs, an endpoint for its own AWS calls; `run` is (stop, seconds)."""
    stop, seconds = run
    with workshop.endpoint() as url:
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
        variables |= environment
        variables["PYTHONPATH"] = guarded_python_path(variables)
        process = JobProcess(
            folder.root,
            folder.log,
            "runtime.jobs.work:run",
            [list(command)],
            variables,
            private=True,
        )
        return _run(workshop, process, stop, seconds)


def _run(
    workshop: Workshop, process: JobProcess, stop: StopSignal, seconds: float | None
) -> ProcessEnd:
    end = workshop.processes.run(process, stop, seconds)
    if end.server_died:
        raise JobFailed(
            "InternalServerError: the process that runs jobs ended; out of memory is the usual cause"
        )
    return end


def max_runtime(document: Mapping[str, Any], default: float = 86_400.0) -> float:
    """Seconds the job may run."""
    condition = document.get("StoppingCondition") or {}
    return float(condition.get("MaxRuntimeInSeconds") or default)
