"""What every S3 operation works on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import BinaryIO

from runtime.arns import Account
from runtime.server.s3.conditions import check_write
from runtime.server.s3.errors import S3Error, no_such_bucket, no_such_key
from runtime.server.s3.request import S3Request, S3Response
from runtime.server.s3.xml import Pair, render
from runtime.storage._base import ObjectMissing, Objects, Records, StoredObject


@dataclass(frozen=True)
class Store:
    objects: Objects
    records: Records
    settings: Account
    # Conditional writes look first and write then: one at a time.
    conditional: threading.Lock = field(default_factory=threading.Lock)

    def require(self, bucket: str) -> None:
        """Raises S3Error NoSuchBucket."""
        if bucket not in self.objects.buckets():
            raise no_such_bucket(bucket)

    def find(self, bucket: str, key: str) -> StoredObject:
        """Raises S3Error NoSuchKey; BucketMissing."""
        try:
            return self.objects.get(bucket, key)
        except ObjectMissing as error:
            raise no_such_key(key) from error

    def open(self, bucket: str, key: str) -> tuple[StoredObject, BinaryIO]:
        """Raises S3Error NoSuchKey; BucketMissing."""
        try:
            return self.objects.open(bucket, key)
        except ObjectMissing as error:
            raise no_such_key(key) from error

    @contextmanager
    def write_condition(self, request: S3Request) -> Iterator[Callable[[], None]]:
        """For a put under If-Match or If-None-Match: call the given function when the content is complete.

        From there to the end of the block other conditional writes wait. Raises S3Error when the condition fails,
        at once if it can be known before the content is read.
        """
        with ExitStack() as held:

            def settle() -> None:
                if request.header("if-match") or request.header("if-none-match"):
                    held.enter_context(self.conditional)
                    self._check_write(request)

            self._check_write(request)
            yield settle

    def _check_write(self, request: S3Request) -> None:
        if request.header("if-match") or request.header("if-none-match"):
            check_write(request, self._existing(request.bucket, request.key))

    def _existing(self, bucket: str, key: str) -> StoredObject | None:
        try:
            return self.objects.get(bucket, key)
        except ObjectMissing:
            return None


def document(root: str, members: list[Pair], status: int = 200) -> S3Response:
    return S3Response(status, {"content-type": "application/xml"}, [render(root, members)])


def http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def positive(request: S3Request, name: str, default: int) -> int:
    """A number in the query. Raises S3Error InvalidArgument."""
    text = request.query.get(name, "") or str(default)
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise S3Error(
            "InvalidArgument",
            f"Provided {name} not an integer or within integer range",
            ArgumentName=name,
            ArgumentValue=text,
        )
    return int(text)
