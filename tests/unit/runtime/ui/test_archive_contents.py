"""Archives are listed within bounds, whatever they are."""

from __future__ import annotations

import gzip
import io
import json
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.ui.archive_contents import Contents, contents


def packed(*members: tuple[tarfile.TarInfo, bytes], compress: bool = True) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(buffer.getvalue()) if compress else buffer.getvalue()


def file(name: str, data: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member, b""


def listed(data: bytes, most: int = 1 << 26) -> Contents:
    return contents(io.BytesIO(data), most_bytes=most)


@pytest.mark.parametrize("compress", [True, False])
def test_names_and_sizes(compress: bool) -> None:
    found = listed(packed(file("a.json", b"{}"), file("b/c.bin", b"123"), compress=compress))
    assert [(m.name, m.size, m.kind, m.warning) for m in found.members] == [
        ("a.json", 2, "file", ""),
        ("b/c.bin", 3, "file", ""),
    ]
    assert found.problem == ""


def test_what_is_dangerous_to_extract_is_said() -> None:
    device = tarfile.TarInfo("null")
    device.type = tarfile.CHRTYPE
    found = listed(
        packed(file("/etc/passwd"), file("../x"), link("l", "/etc/shadow"), (device, b""))
    )
    warnings = {member.name: member.warning for member in found.members}
    assert warnings["/etc/passwd"] == warnings["../x"] == "a name that leads out of its folder"
    assert warnings["l"] == "a link"
    assert warnings["null"] == "no ordinary file"
    assert found.members[2].kind == "link to /etc/shadow"


def test_a_bomb_is_left_alone() -> None:
    found = listed(packed(file("first"), file("zeros", bytes(1 << 22)), file("last")), 1 << 20)
    assert [member.name for member in found.members] == ["first", "zeros"]
    assert "unpacks to more than the 1 MB" in found.problem


def test_members_without_end_are_cut() -> None:
    found = listed(packed(*(file(f"m{number}") for number in range(600))))
    assert len(found.members) == 500
    assert "first 500" in found.problem


def test_a_header_of_gigabytes_is_not_read() -> None:
    member = tarfile.TarInfo("pax")
    member.type, member.size = tarfile.XHDTYPE, 1 << 32
    found = listed(gzip.compress(member.tobuf(format=tarfile.USTAR_FORMAT) + bytes(2048)))
    assert found.members == ()
    assert found.problem


def test_an_archive_that_breaks_off_is_told_as_far_as_it_goes() -> None:
    whole = packed(file("a"), file("b", bytes(range(256)) * 4000))
    found = listed(whole[: len(whole) - 40])
    assert [member.name for member in found.members][:1] == ["a"]
    assert found.problem


def test_a_model_says_how_many_trees_and_features_it_has() -> None:
    model = {"learner": {"gradient_booster": {"num_trees": "284"}, "num_feature": "41"}}
    for text in (json.dumps(model), json.dumps(model, separators=(",", ":"))):
        found = listed(packed(file("xgboost-model", text.encode())))
        assert dict(found.model) == {"trees": 284, "features": 41}
    assert listed(packed(file("xgboost-model", b"binf" + bytes(50)))).model == ()


def test_the_library_writes_what_is_looked_for() -> None:
    xgboost = pytest.importorskip("xgboost")
    data = xgboost.DMatrix([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]], label=[1.0, 2.0, 3.0])
    model = xgboost.train({"max_depth": 2}, data, num_boost_round=7)
    for form in ("ubj", "json"):
        raw = bytes(model.save_raw(raw_format=form))
        assert dict(listed(packed(file("xgboost-model", raw))).model) == {"trees": 7, "features": 2}


@given(st.binary(max_size=2000))
def test_any_bytes_are_listed_or_said_to_be_unreadable(data: bytes) -> None:
    for made in (data, b"\x1f\x8b" + data, gzip.compress(data)):
        listed(made, 1 << 20)


@settings(max_examples=200)
@given(st.integers(0, 2047), st.binary(min_size=1, max_size=40))
def test_a_damaged_archive_is_no_accident(place: int, noise: bytes) -> None:
    whole = bytearray(packed(file("a", b"1" * 600), link("b", "a"), compress=False))
    whole[place : place + len(noise)] = noise
    listed(bytes(whole), 1 << 20)
