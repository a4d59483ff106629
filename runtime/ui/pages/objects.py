"""What lies in S3: buckets, what is under a prefix, an object with a preview, its download."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO
from urllib.parse import quote

from runtime.server.s3.listing import names
from runtime.server.wsgi import CHUNK
from runtime.storage._base import BucketMissing, ObjectMissing, StoredObject
from runtime.ui import links
from runtime.ui.preview import LARGEST_IMAGE, image_type, preview
from runtime.ui.routes import NavEntry, Route
from runtime.ui.site import Site
from runtime.ui.web import Refused, Request, Response, redirect

_ROWS = 200
# An object is looked at, never run: not as a page of ours, not even when it is opened by itself.
_LOCKED = {"Content-Security-Policy": "default-src 'none'; sandbox"}


@dataclass(frozen=True)
class Entry:
    """A folder or, with `found`, an object, by its name below the prefix."""

    name: str
    href: str
    found: StoredObject | None = None


def index(site: Site, request: Request) -> Response:
    return site.render("objects.html", request, buckets=sorted(site.objects.buckets().items()))


def show(site: Site, request: Request) -> Response:
    bucket, key = request.params["bucket"], request.query.get("key", "")
    if not key:
        return _list(site, request, bucket, request.query.get("prefix", ""))
    try:
        found, stream = site.objects.open(bucket, key)
    except BucketMissing as error:
        raise _no_bucket(bucket) from error
    except ObjectMissing:
        # Jobs are given prefixes, often without the slash.
        folder = key if key.endswith("/") else f"{key}/"
        some = site.objects.list(bucket, folder, limit=1)
        return redirect(links.bucket(bucket, folder if some else key))
    with stream:
        return _show_object(site, request, found, stream)


def download(site: Site, request: Request) -> Response:
    found, stream = _open(site, request)
    name = found.key.rstrip("/").rpartition("/")[2]
    headers = {
        **_LOCKED,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Length": str(found.size),
    }
    return Response(_Chunks(stream), content_type="application/octet-stream", headers=headers)


def image(site: Site, request: Request) -> Response:
    """A picture to be shown in a page: only what its own bytes say is one. Raises Refused."""
    found, stream = _open(site, request)
    with stream:
        kind = image_type(stream.read(16))
        if not kind or found.size > LARGEST_IMAGE:
            raise Refused(415, "This is no image that the studio shows.")
        stream.seek(0)
        return Response(stream.read(), content_type=kind, headers=_LOCKED)


def _show_object(site: Site, request: Request, found: StoredObject, stream: BinaryIO) -> Response:
    uri = f"s3://{found.bucket}/{found.key}"
    return site.render(
        "object.html",
        request,
        found=found,
        uri=uri,
        trail=_trail(found.bucket, found.key),
        name=found.key.rstrip("/").rpartition("/")[2] or found.key,
        shown=preview(found.key, found.size, stream),
        largest_image=LARGEST_IMAGE,
    )


def _list(site: Site, request: Request, bucket: str, prefix: str) -> Response:
    if bucket not in site.objects.buckets():
        raise _no_bucket(bucket)
    after = request.query.get("after", "")
    found = list(islice(names(site.objects, bucket, prefix, "/", after), _ROWS + 1))
    shown = found[:_ROWS]
    return site.render(
        "bucket.html",
        request,
        bucket=bucket,
        prefix=prefix,
        trail=_trail(bucket, prefix),
        entries=[_entry(bucket, prefix, name, one) for name, one in shown],
        more=links.bucket(bucket, prefix, shown[-1][0]) if len(found) > _ROWS else "",
        after=after,
    )


def _entry(bucket: str, prefix: str, name: str, found: StoredObject | None) -> Entry:
    short = name[len(prefix) :] or name
    if found is None:
        return Entry(short, links.bucket(bucket, name))
    return Entry(short, links.object_(f"s3://{bucket}/{name}"), found)


def _trail(bucket: str, key: str) -> list[tuple[str, str]]:
    """The folders that a key lies in, with where they are listed."""
    folders = key.split("/")[:-1]
    return [(bucket, links.bucket(bucket))] + [
        (name or "/", links.bucket(bucket, "/".join(folders[:place]) + "/"))
        for place, name in enumerate(folders, 1)
    ]


def _open(site: Site, request: Request) -> tuple[StoredObject, BinaryIO]:
    bucket, key = request.params["bucket"], request.query.get("key", "")
    try:
        opened: tuple[StoredObject, BinaryIO] = site.objects.open(bucket, key)
    except BucketMissing as error:
        raise _no_bucket(bucket) from error
    except ObjectMissing as error:
        raise Refused(404, f"There is no object {key} in {bucket}.") from error
    return opened


def _no_bucket(bucket: str) -> Refused:
    return Refused(404, f"There is no bucket called {bucket}.")


class _Chunks:
    """A stream as a response's body; WSGI servers call `close`, however it ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        while data := self._stream.read(CHUNK):
            yield data

    def close(self) -> None:
        self._stream.close()


ROUTES = (
    Route("GET", "/objects", index),
    Route("GET", "/objects/{bucket}", show),
    Route("GET", "/objects/{bucket}/download", download),
    Route("GET", "/objects/{bucket}/image", image),
)
NAV = NavEntry("Objects", "/objects", 40)
