"""`python -m runtime exec`, `env` and `images`: what they set, pass on, refuse and leave alone."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.client_environment import GUARD
from runtime.lock import owner

from .conftest import ROOT, RUNTIME, Done, run_runtime

PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_a_command_gets_a_server_for_as_long_as_it_runs(tmp_path: Path) -> None:
    ask = """
import boto3
s3 = boto3.client("s3")
print(s3.create_bucket(Bucket="made-here")["Location"])
s3.put_object(Bucket="made-here", Key="key", Body=b"kept")
"""
    done = run_runtime("exec", "--data", str(tmp_path / "new"), "--", *python(ask))
    assert (done.returncode, done.stdout) == (0, "/made-here\n")
    assert owner(tmp_path / "new") is None
    assert (tmp_path / "new" / "s3" / "made-here" / "key").read_bytes() == b"kept"


def test_a_command_uses_the_server_that_is_there(
    execute: Callable[..., Done], client: Callable[[str], Any]
) -> None:
    execute(*python("import boto3; boto3.client('s3').create_bucket(Bucket='seen-by-all')"))
    names = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    assert "seen-by-all" in names


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -KILL $$"], 137),
        (["no-such-command"], 127),
        ([str(ROOT / "README.md")], 126),
    ],
)
def test_the_exit_code_is_the_commands(
    execute: Callable[..., Done], command: list[str], code: int
) -> None:
    assert "Traceback" not in execute(*command, code=code).stderr


def test_arguments_output_and_input_pass_unchanged(state: Path) -> None:
    command = python("import sys; print(sys.argv[1:], sys.stdin.read())")
    words = ["--", "-x", "--data", "a b", "$HOME"]
    done = subprocess.run(
        [*RUNTIME, "exec", "--data", str(state), "--", *command, *words],
        cwd=ROOT,
        input="given",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"{words} given\n"
    assert done.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_passed_on(state: Path, number: signal.Signals) -> None:
    waiting = f"""
import signal, sys
signal.signal({int(number)}, lambda *_: sys.exit(3))
print("ready", flush=True)
signal.pause()
"""
    command = [*RUNTIME, "exec", "--data", str(state), "--", *python(waiting)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == 3


def test_nothing_of_the_users_aws_settings_wins_over_the_endpoint(
    execute: Callable[..., Done],
) -> None:
    mine = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "secret",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_ENDPOINT_URL_LOGS": "https://elsewhere",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    }
    found = json.loads(execute(*python(PRINT_ENVIRONMENT), **mine).stdout)
    assert found["AWS_ACCESS_KEY_ID"] == "local"
    assert found["AWS_DEFAULT_REGION"] == found["AWS_REGION"] == "us-east-1"
    assert not [name for name in mine if name in found and name != "AWS_ACCESS_KEY_ID"]
    assert found["PYTHONPATH"].split(os.pathsep) == [str(GUARD), str(ROOT)]
    assert "production" not in json.dumps(found)


def test_executions_that_end_with_the_server_are_named(tmp_path: Path) -> None:
    start = """
import boto3, json
steps = [{"Name": "Wait", "Type": "Processing", "Arguments": {
    "AppSpecification": {"ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1",
                         "ContainerEntrypoint": ["sleep", "600"]},
    "RoleArn": "arn:aws:iam::123456789012:role/R",
    "ProcessingResources": {"ClusterConfig": {
        "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}}}}]
api = boto3.client("sagemaker")
definition = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": steps})
api.create_pipeline(PipelineName="p", RoleArn="arn:aws:iam::123456789012:role/R",
                    PipelineDefinition=definition, ClientRequestToken="t" * 32)
print(api.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"])
"""
    done = run_runtime("exec", "--data", str(tmp_path), "--", *python(start))
    assert done.returncode == 0, done.stderr
    assert f"these executions stop: {done.stdout.strip()};" in done.stderr


REFUSED = {
    "a client with an address of its own": (
        "import boto3; boto3.client('s3', endpoint_url='https://s3.us-east-1.amazonaws.com').list_buckets()",
        "s3:ListBuckets (GET https://s3.us-east-1.amazonaws.com/)",
    ),
    "the standard library": (
        "import urllib.request; urllib.request.urlopen('https://x.s3.eu-west-1.amazonaws.com/k')",
        "CONNECT_OR_HOST x.s3.eu-west-1.amazonaws.com from",
    ),
    "a socket": (
        "import socket; socket.create_connection(('sts.amazonaws.com', 443))",
        "a connection to sts.amazonaws.com from <string>:1",
    ),
    "the instance metadata": (
        "import socket; socket.create_connection(('169.254.169.254', 80))",
        "a connection to 169.254.169.254 from",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_contact_with_aws_is_refused_and_named(
    execute: Callable[..., Done], case: str
) -> None:
    text, named = REFUSED[case]
    # With and without a proxy, which would resolve the name itself.
    for proxy in ("http://127.0.0.1:1", ""):
        done = execute(*python(text), code=1, HTTPS_PROXY=proxy)
        last = done.stderr.splitlines()[-1]
        assert "ContactRefused: python -m runtime refused" in last or "127.0.0.1:1" in proxy, last
        if not proxy:
            assert named.replace("CONNECT_OR_HOST", "a connection to") in last


def test_a_proxy_is_not_told_to_reach_aws(execute: Callable[..., Done]) -> None:
    """The proxy listens: without the guard it would be asked."""
    text = """
import socket, threading, urllib.request, os
proxy = socket.create_server(("127.0.0.1", 0))
os.environ["HTTPS_PROXY"] = os.environ["HTTP_PROXY"] = "http://127.0.0.1:%d" % proxy.getsockname()[1]
for url in ("https://s3.amazonaws.com/", "http://s3.amazonaws.com/"):
    try:
        urllib.request.urlopen(url)
    except Exception as error:
        print(type(error).__name__, "s3.amazonaws.com" in str(error))
"""
    assert execute(*python(text)).stdout == "ContactRefused True\n" * 2


def test_sts_is_reached_past_the_address_in_the_sdk(execute: Callable[..., Done]) -> None:
    text = """
import boto3
sts = boto3.client("sts", endpoint_url="https://sts.eu-west-1.amazonaws.com", region_name="eu-west-1")
print(sts.get_caller_identity()["Arn"])
"""
    assert ":assumed-role/" in execute(*python(text)).stdout


def test_an_embedded_runtime_still_works_behind_the_guard(
    execute: Callable[..., Done], tmp_path: Path
) -> None:
    text = f"""
from pathlib import Path
from runtime.embedded import open_embedded
with open_embedded(Path({str(tmp_path)!r})) as opened:
    print(opened.boto_session().client("s3").list_buckets()["Buckets"])
"""
    assert execute(*python(text)).stdout == "[]\n"


def test_a_hidden_sitecustomize_still_runs(execute: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.hidden_ran = True")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = execute(*python("import sys; print(sys.hidden_ran)"), PYTHONPATH=path)
    assert done.stdout == "True\n"


def test_env_prints_what_a_shell_needs_and_nothing_else(state: Path) -> None:
    printed = run_runtime("env", "--data", str(state), AWS_PROFILE="mine").stdout
    assert all(line.startswith(("export ", "unset ")) for line in printed.splitlines())
    command = f"{printed}\n{shlex.join(python('import boto3; print(len(boto3.client(chr(115) + chr(51)).list_buckets()))'))}"
    shell = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "AWS_PROFILE": "mine"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert shell.returncode == 0, shell.stderr


def test_env_without_a_server_prints_nothing_a_shell_could_take(tmp_path: Path) -> None:
    done = run_runtime("env", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no runtime serves" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_images_lists_families_and_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "images.toml").write_text(
        '[[image]]\npattern = "*/mine:*"\ncommand = ["python3", "a b.py"]\n'
    )
    lines = run_runtime("images", "--data", str(tmp_path)).stdout.splitlines()
    assert lines[0].split(maxsplit=1) == ["*/mine:*", "python3 'a b.py'"]
    assert any(line.startswith("*/sagemaker-xgboost:*") and "scripts" in line for line in lines)


@pytest.mark.parametrize("command", ["images", "serve", "exec"])
def test_a_wrong_images_file_is_refused_in_one_sentence(tmp_path: Path, command: str) -> None:
    (tmp_path / "images.toml").write_text('[[image]]\npattern = "x"\nfamily = "no"\ncolour = 1\n')
    tail = ["--", "true"] if command == "exec" else []
    done = run_runtime(command, "--data", str(tmp_path), *tail)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "'colour' is not known; allowed: pattern, command, family" in done.stderr
    assert "'family' is 'no'; allowed: linear-learner" in done.stderr


def test_help_lists_the_commands() -> None:
    printed = run_runtime("--help").stdout
    for name in ("exec", "env", "images", "serve"):
        assert f"\n  {name}" in printed
    assert "python -m runtime exec" in run_runtime("exec", "--help").stdout
