"""Script mode: what AWS's training toolkit does in framework images when hyperparameters name a script.

`sagemaker_program` is the script, `sagemaker_submit_directory` the S3 URI of its sourcedir.tar.gz (or a prefix of
plain files, or a folder of the container); their values may be JSON texts, as the SDKs write them. The script runs
in /opt/ml/code with the other hyperparameters as arguments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from runtime.jobs import container
from runtime.jobs.archives import UnsafeArchive, unpack
from runtime.jobs.container import JobFolder
from runtime.jobs.errors import JobFailed
from runtime.s3 import split_uri
from runtime.storage._base import Objects, StorageError

CODE = "/opt/ml/code"
_OWN = "sagemaker_"
_INSTALL_AND_RUN = 'python3 -m pip install -r "$0"; exec "$@"'
_OBJECTIVE = "_tuning_objective_metric"


@dataclass(frozen=True)
class Script:
    """`folder` is the container's folder that `program` is in; `source` the S3 URI it comes from, if any."""

    program: str
    source: str
    folder: str
    arguments: tuple[str, ...]

    @property
    def path(self) -> str:
        return str(PurePosixPath(self.folder, self.program))

    @property
    def command(self) -> list[str]:
        if self.program.endswith(".py"):
            return ["python3", self.path, *self.arguments]
        # A file without a #! line is the shell's to run.
        return ["/bin/sh", "-c", '"$0" "$@"', self.path, *self.arguments]


def script_of(definition: Mapping[str, Any]) -> Script | None:
    """The script that a training request, or the training part of a tuning request, names; None when it names none."""
    texts = definition.get("HyperParameters") or definition.get("StaticHyperParameters") or {}
    given = {name: value_of(text) for name, text in texts.items()}
    environment = definition.get("Environment") or {}
    program = given.get("sagemaker_program") or environment.get("SAGEMAKER_PROGRAM")
    if not program:
        return None
    source = str(
        given.get("sagemaker_submit_directory")
        or environment.get("SAGEMAKER_SUBMIT_DIRECTORY")
        or ""
    )
    remote = source.startswith("s3://")
    folder = CODE if remote or not source else source
    return Script(str(program), source if remote else "", folder, _arguments(given))


def own_hyperparameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are the script's, in the order of their names."""
    return {
        name: given[name]
        for name in sorted(given)
        if not name.startswith(_OWN) and name != _OBJECTIVE
    }


def value_of(text: str) -> Any:
    """Hyperparameters that are JSON become values, as the toolkit does it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def fetch(script: Script, objects: Objects, folder: JobFolder) -> None:
    """Put the source where the script runs. Raises JobFailed."""
    if script.source.endswith(".tar.gz"):
        try:
            unpack(objects.get(*split_uri(script.source)).path, folder.root / "code")
        except (StorageError, ValueError, UnsafeArchive) as error:
            raise JobFailed(f"ClientError: sagemaker_submit_directory: {error}") from error
    elif script.source:
        source = {"S3DataType": "S3Prefix", "S3Uri": script.source}
        container.download(objects, source, folder.root / "code")
    path = folder.path(script.path)
    if not path.is_file():
        found = sorted(entry.name for entry in folder.path(script.folder).glob("*"))
        raise JobFailed(
            f"ClientError: sagemaker_program names '{script.program}', which is not in {script.folder} "
            f"(sagemaker_submit_directory is {script.source or script.folder!r}); "
            f"it has: {', '.join(found) or 'nothing'}"
        )
    path.chmod(path.stat().st_mode | 0o100)


def with_requirements(command: list[str], folder: JobFolder, script: Script | None) -> list[str]:
    """The command, after the installation of the source's requirements.txt if it has one."""
    if script is None or command != script.command:
        return command
    requirements = str(PurePosixPath(script.folder, "requirements.txt"))
    if not folder.path(requirements).is_file():
        return command
    return ["/bin/sh", "-ec", _INSTALL_AND_RUN, requirements, *command]


def _arguments(given: Mapping[str, Any]) -> tuple[str, ...]:
    words: list[str] = []
    for name, value in own_hyperparameters(given).items():
        words += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
    return tuple(words)


def _argument(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return "" if value is None else str(value)
