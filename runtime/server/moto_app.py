"""The services around SageMaker and S3: moto, imported when it is first needed (about 0.4 s)."""

from __future__ import annotations

import html
import json
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlencode

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.model import OperationNotFoundError

from runtime.server import identity
from runtime.server.routing import Scope
from runtime.server.wsgi import Body, BodyIncomplete, BodyTooLarge, Environ, StartResponse

_MAX_BODY = 16 * 1024 * 1024
_GLOBAL_SERVICES = ("iam",)
# What SageMaker itself only keeps on record, so that moto's record is the whole of it. Its jobs and endpoints are not
# in here: moto calls them done, or in service, and nothing has run.
_RECORDS = re.compile(
    r"SageMaker\.(Create|Describe|List|Update|Delete|Associate|Disassociate)"
    r"(Experiment|Trial|TrialComponent|ModelCard|ModelCardVersion|NotebookInstanceLifecycleConfig"
    r"|(DataQuality|ModelBias|ModelExplainability|ModelQuality)JobDefinition)s?"
)
# By signing name. A service gets in by name only: moto's Lambda and Batch start containers, its SNS and EventBridge
# call any URL, its own control API writes files and replays requests, and its S3 would be a second, empty one.
_SERVICES = frozenset(
    [
        "dynamodb",
        "ecr",
        "iam",
        "kms",
        "logs",
        "monitoring",
        "scheduler",
        "secretsmanager",
        "sqs",
        "ssm",
        "sts",
    ]
)
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
# moto keeps its state in module globals and takes no lock of its own.
_LOCK = threading.Lock()

Answer = tuple[int, Mapping[str, Any], str | bytes]


class _Stubber(Protocol):
    def process_request(self, request: AWSPreparedRequest) -> Answer | None: ...


def is_record(target: str) -> bool:
    """Whether an X-Amz-Target of SageMaker is one of those that moto answers as well as anybody."""
    return _RECORDS.fullmatch(target) is not None


def serve_other(
    scope: Scope, settings: Any, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer a request to the service that `scope` names."""
    body = Body(environ)
    try:
        data = body.read_all(_MAX_BODY)
        answer = _answer(scope, settings, environ, data)
    except BodyTooLarge as error:
        answer = _refusal(environ, "RequestEntityTooLarge", str(error), 413)
    except BodyIncomplete as error:
        answer = _refusal(environ, "IncompleteBody", str(error), 400)
    # The last door: moto raises what Python raises when it meets something unforeseen.
    except Exception:  # noqa: BLE001
        traceback.print_exc(file=sys.stderr)
        text = "Unexpected error in the local runtime; its log has the traceback."
        answer = _refusal(environ, "InternalFailure", text, 500)
    body.drain()
    return _send(start_response, answer)


def _answer(scope: Scope, settings: Any, environ: Environ, data: bytes) -> Answer:
    if known := identity.answer(settings, data):
        return 200, {"Content-Type": "text/xml"}, known
    action = environ.get("HTTP_X_AMZ_TARGET", "this operation")
    if scope.service not in _SERVICES and not is_record(action):
        return _unknown(environ, f"The local runtime does not have {scope.service} ({action}).")
    return _ask_moto(scope, environ, data)


def _ask_moto(scope: Scope, environ: Environ, data: bytes) -> Answer:
    host = f"{scope.service}.{scope.region}"
    if scope.service in _GLOBAL_SERVICES:
        host = scope.service
    elif scope.service == "sagemaker":
        host = f"api.{host}"
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    request = AWSPreparedRequest(
        environ["REQUEST_METHOD"],
        f"https://{host}.amazonaws.com{environ.get('PATH_INFO') or '/'}{query}",
        _headers(environ),
        data,
        False,
    )
    try:
        with _LOCK:
            answer = _moto().process_request(request)
    except (NotImplementedError, OperationNotFoundError) as error:
        return _unknown(environ, f"The local runtime's {scope.service} does not have it: {error}")
    if answer is None or (answer[0] == 404 and answer[2] == "Not yet implemented"):
        return _unknown(environ, f"The local runtime's {scope.service} has no such path.")
    return answer


@cache
def _moto() -> _Stubber:
    """moto's own dispatcher, with the role of the local environment created."""
    from moto.core.botocore_stubber import BotocoreStubber

    stubber: _Stubber = BotocoreStubber()
    form = urlencode(
        {
            "Action": "CreateRole",
            "Version": "2010-05-08",
            "Path": "/service-role/",
            "RoleName": "SageMakerPipelineRole",
            "AssumeRolePolicyDocument": json.dumps(_TRUST),
        }
    ).encode()
    headers = HTTPHeaders()
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    stubber.process_request(
        AWSPreparedRequest("POST", "https://iam.amazonaws.com/", headers, form, False)
    )
    return stubber


def _headers(environ: Environ) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            headers[name[5:].replace("_", "-").title()] = value
    headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
    return headers


def _unknown(environ: Environ, message: str) -> Answer:
    # 501: clients would try a 500 again.
    return _refusal(environ, "UnknownOperationException", message, 501)


def _refusal(environ: Environ, code: str, message: str, status: int) -> Answer:
    if "json" in environ.get("CONTENT_TYPE", ""):
        document = json.dumps({"__type": code, "message": message})
        return status, {"Content-Type": "application/x-amz-json-1.1"}, document
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{html.escape(message)}</Message></Error>"
    return status, {"Content-Type": "text/xml"}, f"<ErrorResponse>{error}</ErrorResponse>"


def _send(start_response: StartResponse, answer: Answer) -> Iterable[bytes]:
    status, headers, body = answer
    payload = body.encode() if isinstance(body, str) else body
    kept = {name: str(value) for name, value in headers.items() if name.lower() != "content-length"}
    start_response(
        f"{status} {'OK' if status < 400 else 'Error'}",
        [*kept.items(), ("Content-Length", str(len(payload)))],
    )
    return [payload]
