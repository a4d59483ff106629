"""Sends messages into moto's SQS, in process."""

from __future__ import annotations

import json
import re

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from runtime.api import ApiError
from runtime.server.moto_app import serve_other
from runtime.server.routing import Scope
from runtime.settings import Settings
from runtime.transport import environ_of

_REGION = re.compile(r"https?://(?:sqs\.)?([a-z]{2}-[a-z0-9-]+-\d)\.")


def send_message(settings: Settings, queue_url: str, text: str) -> None:
    """One SendMessage, in the region that the URL names. Raises ApiError in SQS's words."""
    match = _REGION.match(queue_url)
    region = match[1] if match else settings.region
    headers = HTTPHeaders()
    headers["Content-Type"] = "application/x-amz-json-1.0"
    headers["X-Amz-Target"] = "AmazonSQS.SendMessage"
    data = json.dumps({"QueueUrl": queue_url, "MessageBody": text}).encode()
    headers["Content-Length"] = str(len(data))
    request = AWSPreparedRequest(
        "POST", f"https://sqs.{region}.amazonaws.com/", headers, data, False
    )
    statuses: list[str] = []
    answer = serve_other(
        Scope("sqs", region),
        settings,
        environ_of(request),
        lambda status, headers, error=None: statuses.append(status),
    )
    content = b"".join(answer)
    if not statuses[-1].startswith("200"):
        document = json.loads(content)
        code = str(document.get("__type", "InternalFailure")).rpartition("#")[2]
        raise ApiError(code, str(document.get("message", document.get("Message", code))))
