"""S3 as a WSGI application: routes a request to its operation, and turns errors into XML in one place."""

from __future__ import annotations

import sys
import traceback
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus

from runtime.server.s3 import buckets, listing, multipart, objects
from runtime.server.s3.errors import S3Error, no_such_bucket
from runtime.server.s3.request import S3Request, S3Response, read_request
from runtime.server.s3.store import Store
from runtime.server.s3.xml import render
from runtime.server.wsgi import (
    Application,
    Body,
    BodyIncomplete,
    BodyTooLarge,
    Environ,
    StartResponse,
)
from runtime.storage._base import BucketMissing, StorageFull

Operation = Callable[[Store, S3Request], S3Response]

# (method, level, marker in the query or `header:` name) -> operation; the first that fits is taken.
_ROUTES: tuple[tuple[str, str, str, Operation], ...] = (
    ("GET", "service", "", buckets.list_buckets),
    ("PUT", "bucket", "", buckets.create_bucket),
    ("HEAD", "bucket", "", buckets.head_bucket),
    ("DELETE", "bucket", "", buckets.delete_bucket),
    ("GET", "bucket", "location", buckets.get_bucket_location),
    ("GET", "bucket", "uploads", multipart.list_multipart_uploads),
    ("GET", "bucket", "list-type", listing.list_objects_v2),
    ("GET", "bucket", "", listing.list_objects),
    ("POST", "bucket", "delete", objects.delete_objects),
    ("GET", "key", "uploadId", multipart.list_parts),
    ("GET", "key", "", objects.get_object),
    ("HEAD", "key", "", objects.head_object),
    ("PUT", "key", "uploadId+header:x-amz-copy-source", multipart.upload_part_copy),
    ("PUT", "key", "uploadId", multipart.upload_part),
    ("PUT", "key", "header:x-amz-copy-source", objects.copy_object),
    ("PUT", "key", "", objects.put_object),
    ("POST", "key", "uploads", multipart.create_multipart_upload),
    ("POST", "key", "uploadId", multipart.complete_multipart_upload),
    ("DELETE", "key", "uploadId", multipart.abort_multipart_upload),
    ("DELETE", "key", "", objects.delete_object),
)
# Members of S3's API that change what a request means: taking one for a plain request would be a silent success.
_SUBRESOURCES = frozenset(
    [
        "accelerate",
        "acl",
        "analytics",
        "attributes",
        "cors",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "tagging",
        "torrent",
        "versionId",
        "versioning",
        "versions",
        "website",
    ]
)


def s3_application(store: Store) -> Application:
    """Serve S3 over the store's objects, path-style and virtual-host-style; signatures are not checked."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request_id = uuid.uuid4().hex[:16].upper()
        response = _respond(store, environ, request_id)
        headers = {"x-amz-request-id": request_id, **response.headers}
        if isinstance(response.body, list | tuple):
            headers.setdefault("content-length", str(sum(map(len, response.body))))
        start_response(
            f"{response.status} {HTTPStatus(response.status).phrase}",
            [(name, value.encode().decode("latin-1")) for name, value in headers.items()],
        )
        return response.body

    return application


def _respond(store: Store, environ: Environ, request_id: str) -> S3Response:
    request = S3Request(environ["REQUEST_METHOD"], "", "", {}, environ, Body(environ))
    try:
        request = read_request(environ)
        response = _route(request)(store, request)
    except S3Error as error:
        response = _failure(request, error, request_id)
    except BucketMissing:
        response = _failure(request, no_such_bucket(request.bucket), request_id)
    except (BodyIncomplete, BodyTooLarge) as error:
        response = _failure(request, S3Error("IncompleteBody", f"{error}."), request_id)
    except StorageFull as error:
        response = _failure(request, S3Error("InsufficientStorage", f"{error}."), request_id)
    # The last door: a bug is logged here and told to the client as one.
    except Exception:  # noqa: BLE001
        traceback.print_exc(file=sys.stderr)
        text = "Unexpected error in the local runtime; its log has the traceback."
        response = _failure(request, S3Error("InternalError", text), request_id)
    request.body.drain()
    return response


def _route(request: S3Request) -> Operation:
    level = "key" if request.key else "bucket" if request.bucket else "service"
    if request.bucket.startswith("."):
        raise no_such_bucket(request.bucket)
    asked = _SUBRESOURCES.intersection(request.query)
    if asked and "uploadId" not in request.query:
        raise S3Error(
            "NotImplemented",
            f"The local runtime's S3 does not have '{min(asked)}'.",
            Header=min(asked),
        )
    for method, where, marker, operation in _ROUTES:
        if (method, where) == (request.method, level) and _fits(request, marker):
            return operation
    raise S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.")


def _fits(request: S3Request, marker: str) -> bool:
    return all(
        (
            request.header(part.removeprefix("header:")) is not None
            if part.startswith("header:")
            else part in request.query
        )
        for part in marker.split("+")
        if part
    )


def _failure(request: S3Request, error: S3Error, request_id: str) -> S3Response:
    headers = {"content-type": "application/xml"}
    if request.method == "HEAD" or error.status == HTTPStatus.NOT_MODIFIED:
        return S3Response(error.status, headers)
    members = [
        ("Code", error.code),
        ("Message", error.message),
        *error.details.items(),
        ("Resource", f"/{request.bucket}/{request.key}"),
        ("RequestId", request_id),
    ]
    return S3Response(error.status, headers, [render("Error", members, namespace=False)])
