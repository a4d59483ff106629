"""What keeps the runtime's state: records (JSON documents by kind and key) and objects (S3's buckets and keys)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

Document = dict[str, Any]
# Sorts after whatever follows a prefix: no key is longer than 1024 bytes.
LAST = "\U0010ffff" * 257


class StorageError(Exception):
    """Root of what storage raises."""


class StorageFull(StorageError):
    """The disk, or a quota, has no room for a write; what was there before is unchanged."""


class RecordExists(StorageError):
    """`insert` found the key taken."""


class RecordMissing(StorageError):
    """`update` found nothing under the key."""


class BucketMissing(StorageError):
    """No bucket of that name."""


class BucketNotEmpty(StorageError):
    """`delete_bucket` found objects."""


class ObjectMissing(StorageError):
    """No object under that key."""


class Records(ABC):
    """JSON documents by kind and key. A write survives the process when the call returns; safe from any thread.

    A document uses the API's member names, timestamps as epoch seconds, so that one document serves
    Describe* and List*. Callers own what they get: a returned document is a copy.
    """

    @abstractmethod
    def insert(self, kind: str, key: str, document: Document) -> None:
        """Add a document. Raises RecordExists."""

    @abstractmethod
    def put(self, kind: str, key: str, document: Document) -> None:
        """Add or replace a document; a replaced one keeps its place in `list`."""

    @abstractmethod
    def get(self, kind: str, key: str) -> Document | None: ...

    @abstractmethod
    def update(self, kind: str, key: str, change: Callable[[Document], Document]) -> Document:
        """Replace a document by `change` of it, atomically; returns the new one. Raises RecordMissing."""

    @abstractmethod
    def delete(self, kind: str, key: str) -> None:
        """Remove a document if it is there."""

    @abstractmethod
    def list(
        self, kind: str, prefix: str = "", *, having: tuple[str, str] | None = None
    ) -> list[Document]:
        """Documents whose key starts with `prefix`, in the order of their insertion.

        `having` is a member of theirs and the text it must have: looking costs less than reading them all.
        """

    @abstractmethod
    def close(self) -> None: ...


@dataclass(frozen=True)
class StoredObject:
    """`path` is an ordinary file with the content; read it, never write it. `etag` has no quotes.

    `metadata` holds further headers that GET answers with, under their lower-case names (`x-amz-meta-...`).
    """

    bucket: str
    key: str
    size: int
    etag: str
    modified: float
    path: Path
    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)


class Objects(ABC):
    """Buckets and the objects in them, streamed from and to disk. Safe from any thread."""

    @abstractmethod
    def create_bucket(self, bucket: str) -> None:
        """Create a bucket if it is not there."""

    @abstractmethod
    def delete_bucket(self, bucket: str) -> None:
        """Remove an empty bucket. Raises BucketMissing, BucketNotEmpty."""

    @abstractmethod
    def buckets(self) -> dict[str, float]:
        """Bucket names with the epoch seconds of their creation."""

    @abstractmethod
    def put(
        self,
        bucket: str,
        key: str,
        source: BinaryIO | Path,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        etag: str | None = None,
    ) -> StoredObject:
        """Store a stream or a copy of a file; visible only when complete. Raises BucketMissing.

        `etag` replaces the content's MD5 (multipart uploads have their own form). `metadata` is read when
        the stream has ended, because an upload's checksum may come last.
        """

    @abstractmethod
    def get(self, bucket: str, key: str) -> StoredObject:
        """Raises BucketMissing, ObjectMissing."""

    @abstractmethod
    def open(self, bucket: str, key: str) -> tuple[StoredObject, BinaryIO]:
        """An object and its content, which belong together and stay whole whatever happens to the key meanwhile.

        Raises BucketMissing, ObjectMissing.
        """

    @abstractmethod
    def list(
        self, bucket: str, prefix: str = "", *, after: str = "", limit: int | None = None
    ) -> list[StoredObject]:
        """Objects whose key starts with `prefix`, in the order of the keys' UTF-8 bytes. Raises BucketMissing.

        At most `limit`, of those that come after the key `after`.
        """

    @abstractmethod
    def delete(self, bucket: str, key: str) -> None:
        """Remove an object if it is there. Raises BucketMissing."""
