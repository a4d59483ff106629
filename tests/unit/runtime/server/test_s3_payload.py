"""Readers of what S3 clients send: chunked bodies, ranges, hosts, XML."""

from __future__ import annotations

import base64
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.server.routing import scope_of
from runtime.server.s3.conditions import byte_range
from runtime.server.s3.errors import S3Error
from runtime.server.s3.payload import Payload
from runtime.server.s3.request import S3Request, bucket_in_host, read_request
from runtime.server.s3.xml import parse, render
from runtime.server.wsgi import Body


def request(body: bytes, **headers: str) -> S3Request:
    environ = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": "/bucket/key",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    return read_request(environ)


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def framed(pieces: list[bytes], trailer: str) -> bytes:
    chunks = b"".join(b"%x;chunk-signature=0\r\n%s\r\n" % (len(p), p) for p in pieces if p)
    return chunks + b"0\r\n" + trailer.encode() + b"\r\n"


def chunked(body: bytes, **headers: str) -> Payload:
    return Payload(
        request(
            body,
            content_encoding="aws-chunked",
            x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            x_amz_trailer="x-amz-checksum-crc32",
            **headers,
        )
    )


@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(1, 300))
def test_the_framing_comes_off_whatever_the_sizes(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    payload = chunked(framed(pieces, f"x-amz-checksum-crc32:{crc32(data)}\r\n"))
    assert b"".join(iter(lambda: payload.read(size), b"")) == data
    assert payload.checksums == {"crc32": crc32(data)}


def test_a_wrong_checksum_in_the_trailer_is_refused_at_the_end() -> None:
    payload = chunked(framed([b"abc"], f"x-amz-checksum-crc32:{crc32(b'other')}\r\n"))
    with pytest.raises(S3Error) as caught:
        payload.read()
    assert caught.value.code == "BadDigest"


def test_a_missing_trailer_is_refused() -> None:
    with pytest.raises(S3Error, match="BadDigest"):
        chunked(framed([b"abc"], "")).read()


def test_a_decoded_length_that_differs_is_refused() -> None:
    body = framed([b"abc"], f"x-amz-checksum-crc32:{crc32(b'abc')}\r\n")
    with pytest.raises(S3Error, match="IncompleteBody"):
        chunked(body, x_amz_decoded_content_length="4").read()


@given(st.binary(max_size=60))
def test_any_bytes_as_framing_are_read_or_refused(body: bytes) -> None:
    try:
        chunked(body).read()
    except S3Error as error:
        assert error.code in ("IncompleteBody", "BadDigest")


def test_a_body_cut_off_is_refused() -> None:
    cut = request(b"abc")
    cut.environ["CONTENT_LENGTH"] = "10"
    whole = S3Request("PUT", "b", "k", {}, cut.environ, Body(cut.environ))
    with pytest.raises(S3Error, match="IncompleteBody"):
        Payload(whole).read()


@pytest.mark.parametrize("name", ["crc32", "sha1", "sha256", "sha512", "md5"])
def test_a_checksum_in_a_header_is_verified(name: str) -> None:
    payload = Payload(request(b"abc", **{f"x_amz_checksum_{name}": crc32(b"other")}))
    with pytest.raises(S3Error, match="BadDigest"):
        payload.read()


def test_the_md5_header_is_verified() -> None:
    with pytest.raises(S3Error, match="BadDigest"):
        Payload(request(b"abc", content_md5="1B2M2Y8AsgTpgAmY7PhCfg==")).read()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("bytes=2-99", (2, 9)),
        ("bytes=0-1,4-5", None),
        ("bytes=3-1", None),
        ("bytes=-", None),
        ("rows=1-2", None),
        (None, None),
    ],
)
def test_a_range_is_read_as_the_standard_says(
    header: str | None, expected: tuple[int, int] | None
) -> None:
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_outside_the_object_is_refused(header: str, size: int) -> None:
    with pytest.raises(S3Error, match="InvalidRange"):
        byte_range(header, size)


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("127.0.0.1:4590", ""),
        ("[::1]:4590", ""),
        ("localhost:4590", ""),
        ("my.bucket.localhost:4590", "my.bucket"),
        ("b.s3.localhost", "b"),
        ("s3.amazonaws.com", ""),
        ("s3.eu-west-1.amazonaws.com", ""),
        ("b.s3.amazonaws.com", "b"),
        ("my.bucket.s3.eu-west-1.amazonaws.com", "my.bucket"),
    ],
)
def test_the_bucket_is_found_in_the_host(host: str, bucket: str) -> None:
    assert bucket_in_host(host) == bucket


def test_the_raw_path_decides_what_the_key_is() -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/bucket//a%2Fb%20c%252F+%C3%A9?x=1",
        "PATH_INFO": "/ignored",
        "wsgi.input": io.BytesIO(),
    }
    read = read_request(environ)
    assert (read.bucket, read.key) == ("bucket", "/a/b c%2F+é")


def test_a_path_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(S3Error, match="InvalidURI"):
        read_request({"REQUEST_METHOD": "GET", "REQUEST_URI": "/b/%ff", "wsgi.input": io.BytesIO()})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_any_text_survives_xml(text: str) -> None:
    assert (parse(render("Root", [("Key", text)])).findtext("Key") or "") == text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"\xff\xfe",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
    ],
)
def test_xml_that_is_broken_or_declares_anything_is_refused(body: bytes) -> None:
    with pytest.raises(S3Error, match="MalformedXML"):
        parse(body)


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        (
            {
                "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=A/20240101/us-east-1/sts/aws4_request, x"
            },
            "sts",
        ),
        (
            {
                "QUERY_STRING": "X-Amz-Credential=A%2F20240101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=1"
            },
            "s3",
        ),
        ({"QUERY_STRING": "AWSAccessKeyId=A&Signature=x&Expires=1"}, "s3"),
        ({"HTTP_HOST": "logs.us-east-1.amazonaws.com"}, "logs"),
        ({"HTTP_HOST": "b.s3.us-east-1.amazonaws.com"}, "s3"),
        ({"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}, "sts"),
        ({}, "s3"),
    ],
)
def test_the_service_is_found(environ: dict[str, str], service: str) -> None:
    request_line = {"REQUEST_METHOD": "POST", "PATH_INFO": "/"}
    assert scope_of({**request_line, **environ}).service == service
