"""AWS JSON 1.1: the wire form of requests, answers and errors. The one place where an error becomes JSON."""

from __future__ import annotations

import json
import sys
import traceback
import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from runtime.api import Api, ApiError
from runtime.server.wsgi import (
    Application,
    Body,
    BodyIncomplete,
    BodyTooLarge,
    Environ,
    StartResponse,
)
from runtime.storage._base import StorageFull

TARGET = "SageMaker."
MAX_BODY = 16 * 1024 * 1024
_REASONS = {200: "200 OK", 400: "400 Bad Request", 500: "500 Internal Server Error"}


def json_application(api: Api, target: str = TARGET) -> Application:
    """Serve requests whose `X-Amz-Target` is `target` and an operation's name: `SageMaker.CreatePipeline`."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request_id = str(uuid.uuid4())
        body = Body(environ)
        try:
            status, answer = 200, _answer(api, target, environ, body)
        except ApiError as error:
            status, answer = error.status, {"__type": error.code, "message": error.message}
        except StorageFull as error:  # the one limit a local account has; clients don't retry it
            status, answer = 400, {"__type": "ResourceLimitExceeded", "message": f"{error}."}
        # The last door: a bug is logged here and told to the client as one.
        except Exception:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            status = 500
            text = (
                f"Unexpected error in the local runtime; its log has the traceback ({request_id})."
            )
            answer = {"__type": "InternalFailure", "message": text}
        body.drain()
        return _send(start_response, status, answer, request_id)

    return application


def _answer(api: Api, target: str, environ: Environ, body: Body) -> dict[str, Any]:
    if environ["REQUEST_METHOD"] != "POST":
        raise ApiError("UnknownOperationException", "The operations are POST requests.")
    operation = environ["HTTP_X_AMZ_TARGET"].removeprefix(target)
    return api.call(operation, _read(body))


def _read(body: Body) -> dict[str, Any]:
    try:
        request = json.loads(body.read_all(MAX_BODY) or b"{}", parse_constant=_refuse_constant)
    except BodyTooLarge as error:
        raise ApiError("RequestEntityTooLargeException", f"{error}.", 413) from error
    except (ValueError, BodyIncomplete) as error:
        raise ApiError("SerializationException", f"The request is not JSON: {error}.") from error
    except RecursionError as error:
        raise ApiError("SerializationException", "The request is nested too deeply.") from error
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The request must be a JSON object.")
    return request


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _send(
    start_response: StartResponse, status: int, answer: dict[str, Any], request_id: str
) -> Iterable[bytes]:
    payload = json.dumps(answer).encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("Content-Length", str(len(payload))),
        ("x-amzn-RequestId", request_id),
    ]
    start_response(_REASONS.get(status, f"{status} Error"), headers)
    return [payload]
