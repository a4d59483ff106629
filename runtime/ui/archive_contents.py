"""What is inside a .tar or .tar.gz archive: listed while it is read, never extracted.

Whoever made the archive may wish us harm: what is read is bounded in bytes and members, no name is ever used as a
path, links are only told, and an archive that breaks off is told as far as it went.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_MEMBERS = 500
_MOST_BYTES = 512 * 1024 * 1024  # unpacked; about a second
_LARGEST_READ = 1024 * 1024  # a header, a long name
_CHUNK = 1024 * 1024
_LONGEST_NAME = 300
_LARGEST_MODEL = 64 * 1024 * 1024
_MODEL = "xgboost-model"
_GZIP = b"\x1f\x8b"
# In both forms of XGBoost's models, JSON and UBJSON, numbers of its parameters are texts after their names.
_COUNTS = {
    "trees": re.compile(rb'num_trees"?(?:\s?:\s?"|S[iUIlL][\x00-\xff]{1,8}?)(\d{1,9})'),
    "features": re.compile(rb'num_feature"?(?:\s?:\s?"|S[iUIlL][\x00-\xff]{1,8}?)(\d{1,9})'),
}
_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, IndexError)


@dataclass(frozen=True)
class Member:
    """`kind` is file, folder, link to ..., or special; `warning` says what would be dangerous about extracting it."""

    name: str
    size: int
    kind: str
    warning: str = ""


@dataclass(frozen=True)
class Contents:
    """`problem` says why there may be more than is listed; `model` are facts of an XGBoost model inside."""

    members: tuple[Member, ...]
    problem: str = ""
    model: tuple[tuple[str, int], ...] = ()


class TooMuch(ValueError):
    """The archive unpacks to more than is looked at."""


def contents(stream: BinaryIO, *, most_bytes: int = _MOST_BYTES) -> Contents:
    """List an archive; never raises for what its bytes are."""
    members: list[Member] = []
    model: list[tuple[str, int]] = []
    try:
        for member, content in _members(_Bounded(_unpacked(stream), most_bytes)):
            if len(members) == _MOST_MEMBERS:
                return Contents(tuple(members), f"Only the first {_MOST_MEMBERS} are listed.")
            members.append(_told(member))
            if member.isfile() and member.name.removeprefix("./") == _MODEL:
                model = _model(content, member.size)
    except TooMuch as error:
        return Contents(tuple(members), str(error), tuple(model))
    except _BROKEN as error:
        return Contents(tuple(members), f"It cannot be read further: {error}", tuple(model))
    return Contents(tuple(members), "", tuple(model))


class _Bounded(io.RawIOBase):
    """Reads forward only, at most so much at once and in all. Raises TooMuch."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self._place = 0
        self._most = most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > _LARGEST_READ:
            raise TooMuch("It has a header that is too large.")
        return self.take(size)

    def take(self, size: int) -> bytes:
        """As read, for content."""
        if self._place + size > self._most:
            raise TooMuch(
                f"It unpacks to more than the {self._most // 1024**2} MB that are looked at."
            )
        data = self._stream.read(size)
        self._place += len(data)
        return data

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """What is skipped counts as well: an archive must be unpacked to be skipped."""
        if whence != io.SEEK_SET or place < self._place:
            raise tarfile.ReadError("it points backwards")
        while self._place < place:
            if not self.take(min(_CHUNK, place - self._place)):
                break
        return self._place


def _unpacked(stream: BinaryIO) -> BinaryIO:
    start = stream.read(len(_GZIP))
    stream.seek(0)
    return gzip.GzipFile(fileobj=stream) if start == _GZIP else stream  # type: ignore[return-value]


def _members(content: _Bounded) -> Iterator[tuple[tarfile.TarInfo, _Bounded]]:
    # tarfile remembers every member; the loop that reads us ends long before that matters.
    with tarfile.open(fileobj=content, mode="r:") as archive:
        for member in archive:
            yield member, content


def _told(member: tarfile.TarInfo) -> Member:
    name = member.name if len(member.name) <= _LONGEST_NAME else f"{member.name[:_LONGEST_NAME]}…"
    kind = "file" if member.isfile() else "folder" if member.isdir() else "special"
    warning = "" if kind != "special" else "no ordinary file"
    if member.issym() or member.islnk():
        kind, warning = f"link to {member.linkname[:_LONGEST_NAME]}", "a link"
    if member.name.startswith("/") or ".." in member.name.split("/"):
        warning = "a name that leads out of its folder"
    return Member(name, member.size, kind, warning)


def _model(content: _Bounded, size: int) -> list[tuple[str, int]]:
    """Numbers of trees and features, from the bytes; a model too large to be looked through has none."""
    if size > _LARGEST_MODEL:
        return []
    left, found, before = size, dict[str, int](), b""
    while left > 0 and len(found) < len(_COUNTS) and (data := content.take(min(_CHUNK, left))):
        left -= len(data)
        for name, pattern in _COUNTS.items():
            if name not in found and (match := pattern.search(before + data)):
                found[name] = int(match[1])
        before = data[-100:]
    return sorted(found.items(), reverse=True)
