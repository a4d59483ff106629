"""Requests that no AWS client sends: what a bug, a broken connection or a web page of another site could."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from runtime.embedded import Embedded
from runtime.storage._base import StorageFull


def raw(url: str, request: str) -> str:
    """The answer to a request as it stands; the sending side is closed behind it."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def post(url: str, body: bytes, **headers: str) -> tuple[int, dict[str, str]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    target = {"X-Amz-Target": "SageMaker.ListPipelines"}
    connection.request("POST", "/", body, {**target, **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else {}


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1]", b'{"MaxResults": NaN}', b"\xff", b"[" * 100_000, b'{"a":' * 50_000],
)
def test_a_request_that_is_no_json_object_is_refused(url: str, body: bytes) -> None:
    status, answer = post(url, body)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_a_request_beyond_the_limit_is_refused(url: str) -> None:
    status, answer = post(url, b" " * (16 * 1024 * 1024 + 1))
    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(
    "host", ["evil.example:4590", "evillocalhost", "b.s3.amazonaws.com", "[::1"]
)
def test_a_page_that_rebinds_its_name_is_refused(url: str, host: str) -> None:
    assert raw(url, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").startswith("HTTP/1.1 403")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "x"])
def test_a_page_of_another_site_is_refused(url: str, s3: Any, bucket: str, origin: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    host = urlsplit(url).netloc
    body = "<Delete><Object><Key>k</Key></Object></Delete>"
    # What a form may post to any address without asking first.
    answer = raw(
        url,
        f"POST /{bucket}?delete HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}",
    )
    assert answer.startswith("HTTP/1.1 403")
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 1


def test_a_page_of_the_runtime_itself_is_served(url: str) -> None:
    host = urlsplit(url).netloc
    assert raw(url, f"GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\r\n").startswith(
        "HTTP/1.1 200"
    )


def test_a_bug_is_an_internal_failure_and_logged(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], embedded: object
) -> None:
    runtime = embedded.runtime  # type: ignore[attr-defined]
    monkeypatch.setattr(runtime.records, "list", lambda *_: 1 / 0)
    status, answer = post(url, b"{}")
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert "division" not in answer["message"]
    assert "ZeroDivisionError" in capfd.readouterr().err


@pytest.mark.parametrize(
    "body",
    [
        "Content-Length: 10\r\n\r\nabc",
        "Content-Length: -5\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n30\r\nabc",
    ],
)
def test_an_upload_that_breaks_off_is_refused_and_leaves_nothing(
    url: str, s3: Any, bucket: str, embedded: Embedded, body: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = raw(url, f"PUT /{bucket}/k HTTP/1.1\r\nHost: localhost\r\n{body}")
    assert answer.startswith("HTTP/1.1 400")
    assert "IncompleteBody" in answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert list((embedded.runtime.directory / "s3" / ".staging").iterdir()) == []
    assert capfd.readouterr().err == ""


def test_a_client_that_asks_first_is_told_to_go_on(url: str, s3: Any, bucket: str) -> None:
    answer = raw(
        url,
        f"PUT /{bucket}/k HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 3\r\n\r\nabc",
    )
    assert answer.startswith("HTTP/1.1 100 Continue")
    assert "HTTP/1.1 200" in answer
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"abc"


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/.uploads/x", "/..", "/.staging/x"])
def test_no_path_leaves_the_buckets(url: str, path: str) -> None:
    for method in ("GET", "PUT"):
        answer = raw(url, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer.startswith("HTTP/1.1 404")


def test_a_key_that_climbs_stays_an_object_of_its_bucket(
    url: str, s3: Any, bucket: str, embedded: Embedded
) -> None:
    raw(
        url,
        f"PUT /{bucket}/../../../escaped HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: 1\r\n\r\nx",
    )
    assert s3.get_object(Bucket=bucket, Key="../../../escaped")["Body"].read() == b"x"
    inside = embedded.runtime.directory / "s3" / bucket
    assert [path.read_bytes() for path in inside.rglob("*") if path.is_file()] == [b"x"]
    assert not (embedded.runtime.directory / "../escaped").exists()


def test_no_query_adds_a_header_to_an_answer(url: str, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    answer = raw(
        url,
        f"GET /{bucket}/k?response-content-type=a%0d%0aX-Evil:y HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    assert answer.startswith("HTTP/1.1 400")


def test_a_header_with_a_line_break_is_refused_in_process_too(
    embedded: Embedded, bucket: str
) -> None:
    s3 = embedded.boto_session().client("s3")
    with pytest.raises((HTTPClientError, ValueError), match="line break"):
        s3.put_object(Bucket=bucket, Key="k", Metadata={"a": "x\r\ny: z"})


@pytest.mark.parametrize("service", ["s3", "sagemaker", "motoapi", "lambda", "sns", "events"])
def test_a_service_that_is_not_meant_to_be_here_is_refused_by_name(url: str, service: str) -> None:
    scope = f"AWS4-HMAC-SHA256 Credential=A/20240101/us-east-1/{service}/aws4_request, x"
    headers = {"Content-Type": "application/x-amz-json-1.1", "Authorization": scope}
    status, answer = post(url, b"{}", **{"X-Amz-Target": "Odd.Operation", **headers})
    assert (status, answer["__type"]) == (501, "UnknownOperationException")
    assert service in answer["message"]


def test_a_full_disk_is_told_once_and_not_tried_again(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    calls = []

    def full(*_: object, **__: object) -> None:
        calls.append(1)
        raise StorageFull("/state cannot be written: No space left on device; free some space")

    session = embedded.boto_session()
    s3, sagemaker = session.client("s3"), session.client("sagemaker")
    monkeypatch.setattr(embedded.runtime.objects, "put", full)
    monkeypatch.setattr(embedded.runtime.records, "insert", full)
    with pytest.raises(ClientError, match=r"InsufficientStorage.*No space left"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    with pytest.raises(ClientError, match=r"ResourceLimitExceeded.*No space left"):
        sagemaker.create_model_package_group(ModelPackageGroupName="g")
    assert len(calls) == 2
