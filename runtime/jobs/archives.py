"""Packs and unpacks .tar.gz archives: same files, same bytes; nothing lands outside its folder, nothing damaged."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from isal import igzip

# Compressing at the usual level 6 of zlib took longer than training a small model; this is 15 times faster and packs
# as well as zlib's level 2.
_LEVEL = 1
_CHUNK = 1 << 20
# A bomb of a few kilobytes must not fill the disk: what a real model needs is far below either bound.
_MOST_BYTES = 64 * 1024**3
_MOST_MEMBERS = 1_000_000


class UnsafeArchive(Exception):
    """An archive that cannot be read, or tries to leave its folder."""


def ordinary_files(folder: Path) -> Iterator[Path]:
    """Every file under a folder a job has written to, sorted; links are not followed, the folder itself included."""
    for path in [] if folder.is_symlink() else sorted(folder.rglob("*")):
        inside = path.resolve().is_relative_to(folder.resolve())
        if inside and path.is_file() and not path.is_symlink():
            yield path


def pack(folder: Path, target: Path) -> None:
    """Write the ordinary files under `folder` to `target`, without times or owners."""
    with (
        target.open("wb") as raw,
        igzip.IGzipFile("", "wb", _LEVEL, raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in ordinary_files(folder):
            with path.open("rb") as content:
                archive.addfile(_member(path, folder), content)


def unpack(archive: Path, folder: Path) -> None:
    """Extract into `folder`. Raises UnsafeArchive; then the folder is gone again."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with gzip.open(archive) as content, tarfile.open(fileobj=content, mode="r:") as source:
            total = 0
            for count, member in enumerate(source, 1):
                total += member.size
                if count > _MOST_MEMBERS or total > _MOST_BYTES:
                    raise UnsafeArchive(f"{archive.name} is too large when unpacked")
                # Older Pythons let links lead past the filter below, and no model needs them.
                if not (member.isfile() or member.isdir()):
                    raise UnsafeArchive(f"'{member.name}' is no ordinary file or folder")
                source.extract(member, folder, filter="data")
            # The checksum comes last, and tarfile stops before it.
            while content.read(_CHUNK):
                pass
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, UnsafeArchive) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise UnsafeArchive(f"cannot unpack {archive.name}: {error}") from error


def _member(path: Path, folder: Path) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.relative_to(folder).as_posix())
    status = path.stat()
    member.size = status.st_size
    member.mode = 0o755 if status.st_mode & 0o100 else 0o644
    return member
