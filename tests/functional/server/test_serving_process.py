"""`python -m runtime` as a process: what it prints, refuses, needs and leaves behind."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from runtime.embedded import open_embedded
from runtime.lock import DirectoryLocked, owner, serving_url

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
    assert re.fullmatch(
        r"error: cannot listen on 127\.0\.0\.1:\d+: .*--port or --host\n", refused.stderr
    )
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


@pytest.mark.parametrize("option", ["--port=x", "--port=70000", "--port=-1", "--nope"])
def test_wrong_usage_is_two(option: str) -> None:
    refused = run(option)
    assert refused.returncode == 2
    assert option.partition("=")[0] in refused.stderr


def test_a_name_that_is_not_of_this_machine_is_refused_in_one_sentence(tmp_path: Path) -> None:
    refused = run("--host", "192.0.2.1", "--port", "0", "--data", str(tmp_path))
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "192.0.2.1" in refused.stderr


def test_a_large_object_passes_without_being_held_in_memory(tmp_path: Path) -> None:
    def peak(process: subprocess.Popen[str]) -> int:  # kB
        status = Path(f"/proc/{process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])

    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(300 * 1024 * 1024)  # a hole: only the server's disk is used
    with serving(tmp_path / "state") as (process, url):
        s3 = boto3.client(
            "s3",
            endpoint_url=url,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            region_name="us-east-1",
        )
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="small", Body=b"1")
        before = peak(process)
        with large.open("rb") as file:
            s3.put_object(Bucket="bucket", Key="large", Body=file)
        got = s3.get_object(Bucket="bucket", Key="large")["Body"]
        assert sum(len(piece) for piece in got.iter_chunks(1 << 20)) == 300 * 1024 * 1024
        assert peak(process) - before < 30 * 1024


def test_the_embedded_runtime_reads_nothing_of_the_users_configuration(
    embedded: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile other]\nendpoint_url = http://127.0.0.1:1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "missing")
    session = embedded.boto_session("us-east-1")  # type: ignore[attr-defined]
    assert session.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_what_a_call_does_not_need_is_not_loaded(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from runtime.embedded import open_embedded
with open_embedded(Path(sys.argv[1])) as opened:
    session = opened.boto_session()
    session.client("sagemaker").list_pipelines()
    session.client("s3").list_buckets()
    session.client("sts").get_caller_identity()
    print(sorted({"moto", "cheroot", "xgboost", "sagemaker"} & sys.modules.keys()))
    session.client("iam").list_roles()
    print("moto" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["[]", "True"]


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
    files, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    use()
    assert len(list(Path("/proc/self/fd").iterdir())) <= files
    assert threading.active_count() <= threads
