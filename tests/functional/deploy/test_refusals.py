"""A server on loopback that refuses like AWS: each refusal is one sentence, says where, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.config import Config

from pipelines import run, upsert
from pipelines.deploy import aws

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
ABSENT = (400, json.dumps({"__type": "ResourceNotFound", "message": "no"}))


class Handler(BaseHTTPRequestHandler):
    """POST is SageMaker, everything else S3; the server's `answers` hold (status, body) for each."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = "sagemaker" if self.command == "POST" else "s3"
        status, body = self.server.answers[kind]  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_POST = do_HEAD = do_GET = do_PUT = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def aws_answers(monkeypatch: pytest.MonkeyPatch, composition: object) -> Iterator[dict[str, Any]]:
    """What the endpoint of environment dev answers; absent pipelines until a test says otherwise."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers = {"sagemaker": ABSENT, "s3": (200, "")}  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Pipelines",
        "ARTIFACT_BUCKET": "artifacts",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(aws, "_CONFIG", Config(retries={"total_max_attempts": 1}))
    yield server.answers  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(capsys: pytest.CaptureFixture[str], command: Any = upsert) -> str:
    assert command.main(["tiny", "--env", "dev"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1, captured.err
    assert SECRET not in captured.out + captured.err
    return captured.err


@pytest.mark.parametrize("command", [upsert, run])
@pytest.mark.parametrize(
    ("status", "code", "next_step"),
    [
        (400, "ExpiredTokenException", "sign in"),
        (400, "UnrecognizedClientException", "sign in"),
        (403, "InvalidSignatureException", "sign in"),
        (400, "AccessDeniedException", "let them, or use others"),
        (400, "ThrottlingException", "wait a moment and try again"),
        (500, "InternalFailure", "the service fails: try again later"),
        (503, "ServiceUnavailable", "the service fails: try again later"),
    ],
)
def test_sagemaker_refuses(aws_answers, capsys, command, status, code, next_step):
    aws_answers["sagemaker"] = (status, json.dumps({"__type": code, "message": "Because of it."}))
    error = refusal(capsys, command)
    assert error.startswith(f"error: DescribePipeline tiny: Because of it ({code}); ")
    assert next_step in error


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "sign in"),
        (403, "let them, or use others (looking into a bucket takes s3:ListBucket)"),
        (404, "environment 'dev': bucket 'artifacts' does not exist in us-east-1; create it"),
        (500, "the service fails: try again later"),
    ],
)
def test_s3_refuses_to_look_at_the_bucket(aws_answers, capsys, status, words):
    aws_answers["s3"] = (status, "")
    assert words in refusal(capsys)


@pytest.mark.parametrize("status", [200, 404, 502])
def test_something_else_answers_at_the_endpoint(aws_answers, capsys, status):
    aws_answers["sagemaker"] = (status, "<html>\nsome proxy\n</html>")
    error = refusal(capsys)
    assert error.startswith("error: DescribePipeline tiny: ")
    assert len(error) < 400


def test_nobody_answers_at_the_endpoint(aws_answers, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    error = refusal(capsys)
    assert "check the network, the region and AWS_ENDPOINT_URL" in error


def test_an_endpoint_that_is_no_url(aws_answers, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    error = refusal(capsys)
    assert error.startswith("error: Invalid endpoint: nonsense; correct AWS_ENDPOINT_URL")


def test_there_are_no_credentials_at_all(aws_answers, capsys, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = refusal(capsys)
    assert "no usable AWS credentials" in error
    assert "or use --env local" in error


def test_half_of_the_credentials_is_missing(aws_answers, capsys, monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no usable AWS credentials (Partial credentials" in refusal(capsys)
