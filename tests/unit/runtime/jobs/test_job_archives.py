"""Archives: reproducible when packed, harmless when unpacked."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.jobs.archives import UnsafeArchive, pack, unpack


def folder(tmp_path: Path, name: str) -> Path:
    root = tmp_path / name
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "b.txt").write_text("b")
    (root / "a.bin").write_bytes(b"\x00" * 1000)
    return root


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = folder(tmp_path, "one"), folder(tmp_path, "two")
    os.utime(two / "a.bin", (1, 1))
    pack(one, tmp_path / "1.tar.gz")
    pack(two, tmp_path / "2.tar.gz")
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()


def test_what_was_packed_comes_out_again(tmp_path: Path) -> None:
    pack(folder(tmp_path, "one"), tmp_path / "1.tar.gz")
    unpack(tmp_path / "1.tar.gz", tmp_path / "out")
    assert (tmp_path / "out/sub/b.txt").read_text() == "b"
    assert (tmp_path / "out/a.bin").read_bytes() == b"\x00" * 1000


def test_links_are_not_packed(tmp_path: Path) -> None:
    root = folder(tmp_path, "one")
    (root / "link").symlink_to("/etc/hostname")
    pack(root, tmp_path / "1.tar.gz")
    with tarfile.open(tmp_path / "1.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["a.bin", "sub/b.txt"]


def hostile(tmp_path: Path, member: tarfile.TarInfo, content: bytes = b"") -> Path:
    path = tmp_path / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return path


def link(kind: bytes, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo("link")
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../outside"),
        link(tarfile.SYMTYPE, "/etc/passwd"),
        link(tarfile.SYMTYPE, "harmless"),
        link(tarfile.LNKTYPE, "../../outside"),
        link(tarfile.CHRTYPE, ""),
    ],
)
def test_an_archive_that_leaves_its_folder_is_refused(
    member: tarfile.TarInfo, tmp_path: Path
) -> None:
    with pytest.raises(UnsafeArchive):
        unpack(hostile(tmp_path, member), tmp_path / "in" / "out")
    assert not (tmp_path / "in" / "outside").exists()
    assert not (tmp_path / "in" / "out").exists()


@settings(max_examples=200)
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_damage_is_noticed_wherever_it_is(
    position: float, bit: int, cut: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("damage")
    (tmp_path / "m").mkdir()
    (tmp_path / "m/model").write_text(" ".join(map(str, range(500))))
    pack(tmp_path / "m", tmp_path / "a.tar.gz")
    data = bytearray((tmp_path / "a.tar.gz").read_bytes())
    where = int(position * len(data))
    if cut:
        del data[where:]
    else:
        data[where] ^= 1 << bit
    (tmp_path / "a.tar.gz").write_bytes(data)
    try:
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    except UnsafeArchive:
        return
    # Some bits say nothing of the content: times and flags of the header, what fills up the last byte of a block.
    assert (tmp_path / "out/model").read_bytes() == (tmp_path / "m/model").read_bytes()


@given(data=st.binary(max_size=200))
def test_any_bytes_are_an_archive_or_refused(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("archive")
    (tmp_path / "a.tar.gz").write_bytes(data)
    try:
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    except UnsafeArchive as error:
        assert "a.tar.gz" in str(error)
