"""Python functions that stand for Lambda functions: which there are, and running one.

`functions.toml` in the state directory (or where Settings.functions says):

    [functions]
    notify = "functions/notify.py:handler"                         # every ARN whose function is called notify
    "arn:aws:lambda:us-east-1:123456789012:function:other" = { handler = "other.py:run", timeout = 60 }

Paths are relative to the file. It is read anew for every step, so an edit counts at once.
"""

from __future__ import annotations

import difflib
import json
import os
import signal
import subprocess
import sys
import threading
import tomllib
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime import function_child
from runtime.jobs.container import base_environment
from runtime.settings import Settings

# Seconds: the service's default and limit for the functions of Lambda steps.
_DEFAULT_TIMEOUT = 120.0
_LONGEST_TIMEOUT = 600.0
_CHILD = Path(function_child.__file__)


class FunctionError(Exception):
    """The function is not registered, failed or took too long; the message is the step's reason."""


@dataclass(frozen=True)
class Function:
    """`file` is absolute, `timeout` in seconds."""

    arn: str
    file: Path
    name: str
    timeout: float = _DEFAULT_TIMEOUT


class Functions:
    """`endpoint` opens the API on a loopback port while its context lasts, for functions that call AWS."""

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        endpoint: Callable[[], AbstractContextManager[str | None]],
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._endpoint = endpoint
        self.registry = settings.functions or directory / "functions.toml"
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def find(self, arn: str) -> Function:
        """The function registered for an ARN, by the ARN or by its name. Raises FunctionError."""
        registered = self._read()
        name = function_name(arn)
        entry = registered.get(arn, registered.get(name))
        if entry is None:
            near = difflib.get_close_matches(name, registered, n=1)
            known = f"did you mean '{near[0]}'?" if near else f"registered: {_names(registered)}"
            raise FunctionError(
                f"No Python function is registered for {arn}; {known}. "
                f'Add {name} = "path/to/file.py:handler" under [functions] in {self.registry}.'
            )
        return self._function(arn, entry)

    def invoke(self, arn: str, event: Mapping[str, Any]) -> Any:
        """What the function returns for the event, in a process of its own. Raises FunctionError."""
        function = self.find(arn)
        request = uuid.uuid4().hex
        folder = self._directory / "jobs" / "Function" / f"{function_name(arn)}-{request}"
        (folder / "tmp").mkdir(parents=True)
        result = folder / "result.json"
        with self._endpoint() as url, (folder / "log").open("wb") as log:
            environment = self._environment(function, folder, request, url)
            process = self._start(function, result, environment, log)
            timed_out = self._finish(process, json.dumps(event).encode(), function.timeout)
        return _answer(function, result, process.returncode, timed_out=timed_out)

    def close(self) -> None:
        """Kill what runs; nothing is started afterwards. Idempotent."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill(process)

    def _read(self) -> dict[str, Any]:
        try:
            document = tomllib.loads(self.registry.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise FunctionError(f"{self.registry} cannot be read: {error}") from error
        functions = document.get("functions", {})
        if not isinstance(functions, dict) or set(document) - {"functions"}:
            raise FunctionError(f"{self.registry} must have one table, [functions].")
        return functions

    def _function(self, arn: str, entry: Any) -> Function:
        settings = {"handler": entry} if isinstance(entry, str) else entry
        handler = settings.get("handler") if isinstance(settings, dict) else None
        file, colon, name = str(handler).rpartition(":")
        if not (isinstance(handler, str) and colon and file and name.isidentifier()):
            raise FunctionError(
                f'{self.registry}: {arn} must be "path/to/file.py:handler" but is {entry!r}.'
            )
        unknown = set(settings) - {"handler", "timeout"}
        timeout = settings.get("timeout", _DEFAULT_TIMEOUT)
        if unknown or not _seconds(timeout):
            raise FunctionError(
                f"{self.registry}: {arn} may have 'handler' and 'timeout', a number of seconds up to "
                f"{_LONGEST_TIMEOUT:.0f}, but is {entry!r}."
            )
        path = (self.registry.parent / file).resolve()
        if not path.is_file():
            raise FunctionError(f"{self.registry}: {arn} names {path}, which is no file.")
        return Function(arn, path, name, float(timeout))

    def _environment(
        self, function: Function, folder: Path, request: str, url: str | None
    ) -> dict[str, str]:
        endpoint = (
            ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SAGEMAKER") if url else ()
        )
        return {
            **base_environment(folder, self._settings.region),
            **dict.fromkeys(endpoint, url or ""),
            "AWS_LAMBDA_FUNCTION_NAME": function_name(function.arn),
            "SAGEMAKER_LOCAL_FUNCTION_ARN": function.arn,
            "SAGEMAKER_LOCAL_REQUEST_ID": request,
            "SAGEMAKER_LOCAL_SECONDS": str(function.timeout),
        }

    def _start(
        self, function: Function, result: Path, environment: dict[str, str], log: Any
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise FunctionError("ClientError: the local runtime is closing.")
            process = subprocess.Popen(  # noqa: S603 - the user's own function
                [sys.executable, "-P", str(_CHILD), str(function.file), function.name, str(result)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=function.file.parent,
                env=environment,
                # Whatever it starts is killed with it, and Ctrl-C is not for it.
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def _finish(self, process: subprocess.Popen[bytes], event: bytes, timeout: float) -> bool:
        """Wait for the end; whether it had to be killed because the time was over."""
        try:
            process.communicate(event, timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            return True
        finally:
            with self._lock:
                self._running.discard(process)
        return False


def function_name(arn: str) -> str:
    """`notify` of arn:aws:lambda:REGION:ACCOUNT:function:notify, with or without a version; else the text itself."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn


def _answer(function: Function, result: Path, exit_code: int, *, timed_out: bool) -> Any:
    name = function_name(function.arn)
    if timed_out:
        raise FunctionError(
            f"ClientError: Lambda function {name} timed out after {function.timeout:g} seconds."
        )
    if not result.is_file():
        raise FunctionError(
            f"ClientError: Lambda function {name} ended with exit code {exit_code} before it returned; "
            f"see {result.parent / 'log'}."
        )
    answer = json.loads(result.read_text(encoding="utf-8"))
    if "errorType" in answer:
        raise FunctionError(
            f"ClientError: Lambda function {name} failed: {answer['errorType']}: {answer['errorMessage']}"
        )
    return answer["value"]


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _seconds(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < float(str(value)) <= _LONGEST_TIMEOUT


def _names(registered: Mapping[str, Any]) -> str:
    return ", ".join(sorted(registered)) or "none"
