"""What is shown of an object is decided by its bytes."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.ui.preview import SHOWN, Preview, image_type, preview

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def shown(name: str, data: bytes) -> Preview:
    return preview(name, len(data), io.BytesIO(data))


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.csv", b"x,y\n1,2\n", "table"),
        ("a.csv.out", b"1.5\n2.5\n", "table"),
        ("a.json", b'{"a": 1}', "json"),
        ("no-extension", b" [1, 2]\n", "json"),
        ("a.json", b'{"a": ', "text"),
        ("a.json", b"[" * 100_000, "text"),
        ("a.txt", "grüße".encode(), "text"),
        ("a.svg", b"<svg onload=alert(1)>", "text"),
        ("a.html", b"<script>alert(1)</script>", "text"),
        ("a.txt", PNG, "image"),
        ("a.png", b"<svg/>", "text"),
        ("a.bin", b"\x00\x01", "binary"),
        ("a.txt", b"\xff\xfe\xfa", "binary"),
        ("a", b"", "empty"),
        ("model.tar.gz", b"\x1f\x8bnot really", "archive"),
    ],
)
def test_kinds(name: str, data: bytes, kind: str) -> None:
    assert shown(name, data).kind == kind


def test_only_pictures_without_scripts_are_images() -> None:
    assert image_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert image_type(b"GIF89a....") == "image/gif"
    assert image_type(b"RIFF1234WEBP") == "image/webp"
    assert image_type(b"RIFF1234WAVE") == ""
    assert image_type(b"<svg xmlns=") == ""


def test_json_is_indented_in_its_own_order() -> None:
    assert shown("a.json", b'{"b":1,"a":"\xc3\xa9"}').text == '{\n  "b": 1,\n  "a": "é"\n}'


def test_large_texts_are_cut_and_say_so() -> None:
    text = shown("a.txt", "é".encode() * SHOWN)
    assert text.cut
    assert set(text.text) == {"é"}
    document = shown("a.json", json.dumps(list(range(30_000))).encode())
    assert (document.kind, document.cut, len(document.text)) == ("json", True, SHOWN)


def test_a_document_of_indents_is_not_written_out() -> None:
    depth = 200
    bomb = b"[" * depth + b"1," * 200_000 + b"1" + b"]" * depth
    tracemalloc.start()
    assert shown("a.json", bomb).cut
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


@given(
    st.sampled_from(["a.csv", "a.json", "a", "a.tar.gz"]),
    st.one_of(
        st.binary(max_size=1500),
        st.text(max_size=500).map(str.encode),
        st.binary(max_size=600).map(lambda tail: b"{" + tail),
    ),
)
def test_no_bytes_are_an_accident(name: str, data: bytes) -> None:
    found = shown(name, data)
    assert len(found.text) <= SHOWN
