"""Which service a request is meant for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.server.wsgi import Environ

# AKID/20240501/us-east-1/s3/aws4_request, in the Authorization header or, encoded, in a presigned query.
_CREDENTIAL = re.compile(
    r"Credential=[^/,&]*?(?:/|%2F)\d{8}(?:/|%2F)([a-z0-9-]+)(?:/|%2F)([a-z0-9_-]+)(?:/|%2F)aws4_request",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)??([a-z0-9-]+)(?:\.([a-z]{2}-[a-z0-9-]+-\d))?\.amazonaws\.com")
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Scope:
    """`service` is the signing name: sagemaker, s3, sts, iam, ..."""

    service: str
    region: str


def scope_of(environ: Environ) -> Scope:
    """Read the credential scope; unsigned requests go by form, host, and last to S3 (public and old presigned URLs)."""
    for text in (environ.get("HTTP_AUTHORIZATION", ""), environ.get("QUERY_STRING", "")):
        if match := _CREDENTIAL.search(text):
            return Scope(match[2].lower(), match[1].lower())
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if form and (environ["REQUEST_METHOD"], environ.get("PATH_INFO")) == ("POST", "/"):
        return Scope("sts", _DEFAULT_REGION)  # the only query service with unsigned operations
    host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0].lower()
    match = _HOST.fullmatch(host)
    if match and "s3" not in host:
        return Scope(match[1], match[2] or _DEFAULT_REGION)
    return Scope("s3", _DEFAULT_REGION)
