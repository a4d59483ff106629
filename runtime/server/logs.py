"""CloudWatch Logs: the jobs' groups are ours and can only be read, every other group is moto's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from runtime.api import Api
from runtime.job_logs import GROUP_PREFIX
from runtime.server.log_operations._shared import group_of
from runtime.server.wire import MAX_BODY, json_application
from runtime.server.wsgi import (
    Application,
    Body,
    BodyIncomplete,
    BodyTooLarge,
    Environ,
    StartResponse,
)

TARGET = "Logs_20140328."


def logs_application(api: Api, other: Application) -> Application:
    """Serve requests about the jobs' groups; hand the rest to `other`."""
    ours = json_application(api, TARGET)

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        operation = environ["HTTP_X_AMZ_TARGET"].removeprefix(TARGET)
        with suppress(BodyTooLarge, BodyIncomplete):  # whoever answers finds out again, and says so
            data = Body(environ).read_all(MAX_BODY)
            environ["wsgi.input"] = io.BytesIO(data)
            environ["CONTENT_LENGTH"] = str(len(data))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            if _is_ours(operation, data):
                return ours(environ, start_response)
        return other(environ, start_response)

    return application


def _is_ours(operation: str, data: bytes) -> bool:
    request: Any = None
    with suppress(ValueError, RecursionError):
        request = json.loads(data)
    if not isinstance(request, dict):
        return True  # refused there in the service's words
    if operation == "DescribeLogGroups":
        prefix = str(request.get("logGroupNamePrefix") or GROUP_PREFIX)
        return prefix.startswith(GROUP_PREFIX) or GROUP_PREFIX.startswith(prefix)
    return group_of(request).startswith(GROUP_PREFIX)
