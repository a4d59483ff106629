"""`python -m runtime` as a process: what it prints, refuses and leaves behind; and raw requests to it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from runtime.embedded import open_embedded, serving_url
from runtime.lock import DirectoryLocked, owner

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "runtime"]


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [*COMMAND, "--port", "0", "--data", str(data), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r"http://\S+(?=,)", line)
        assert match, f"{line}{process.stderr and process.stderr.read()}"
        yield process, match[0]
    finally:
        process.kill()
        process.communicate()


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (process, url):
        assert serving_url(tmp_path) == url
        with pytest.raises(DirectoryLocked, match=re.escape(url)):
            open_embedded(tmp_path, wait=0)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")
    assert owner(tmp_path) is None
    port = urlsplit(url).port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port or 0)) != 0


def test_the_printed_variables_are_all_a_client_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path) as (process, _):
        assert process.stdout is not None
        for _ in range(6):
            name, _, value = (
                process.stdout.readline().strip().removeprefix("export ").partition("=")
            )
            monkeypatch.setenv(name, value)
        session = boto3.Session()
        assert session.client("sagemaker").list_pipelines()["PipelineSummaries"] == []
        session.client("s3").create_bucket(Bucket="bucket")
    with open_embedded(tmp_path, wait=5) as again:  # killed, not stopped: nothing is lost
        assert list(again.runtime.objects.buckets()) == ["bucket"]


def test_a_directory_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url):
        second = run("--port", "0", "--data", str(tmp_path))
        assert second.returncode == 1
        assert second.stdout == ""
        assert str(process.pid) in second.stderr
        assert url in second.stderr
        assert len(second.stderr.splitlines()) == 1


def test_a_taken_port_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run("--port", str(taken.getsockname()[1]), "--data", str(tmp_path))
    assert refused.returncode == 1
    assert re.fullmatch(r"error: cannot listen on 127\.0\.0\.1:\d+: .*--port\n", refused.stderr)
    assert owner(tmp_path) is None


def test_a_directory_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for data in (tmp_path / "file", tmp_path / "file" / "below"):
        refused = run("--port", "0", "--data", str(data))
        assert refused.returncode == 1
        assert str(data) in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_an_unreadable_state_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"damaged " * 1000)
    refused = run("--port", "0", "--data", str(tmp_path))
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert (tmp_path / "state.db").read_bytes() == b"damaged " * 1000


@pytest.mark.parametrize("option", ["--port=x", "--port=70000", "--nope"])
def test_wrong_usage_is_two(option: str) -> None:
    assert run(option).returncode == 2


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


def test_a_page_that_rebinds_its_name_is_refused(url: str) -> None:
    assert post(url, b"{}", Host="evil.example:4590")[0] == 403


def test_a_bug_is_an_internal_failure_and_logged(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], embedded: object
) -> None:
    runtime = embedded.runtime  # type: ignore[attr-defined]
    monkeypatch.setattr(runtime.records, "list", lambda *_: 1 / 0)
    status, answer = post(url, b"{}")
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert "division" not in answer["message"]
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_the_embedded_runtime_reads_nothing_of_the_users_configuration(
    embedded: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile other]\nendpoint_url = http://127.0.0.1:1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "missing")
    session = embedded.boto_session("us-east-1")  # type: ignore[attr-defined]
    assert session.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_no_file_descriptor_or_thread_is_left_by_an_embedded_runtime(tmp_path: Path) -> None:
    def use() -> None:
        with open_embedded(tmp_path) as opened:
            s3 = opened.boto_session().client("s3")
            s3.create_bucket(Bucket="bucket")
            s3.put_object(Bucket="bucket", Key="k", Body=b"1")
            s3.get_object(Bucket="bucket", Key="k")["Body"].read()
            with opened.runtime.endpoint():
                pass

    use()
    before = len(list(Path("/proc/self/fd").iterdir()))
    use()
    after = len(list(Path("/proc/self/fd").iterdir()))
    assert after <= before
