"""--region, --profile, --quiet, and colours: the same for every command."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from params.environment import load
from pipelines import plan, run, synth, upsert
from pipelines.deploy import aws, commands, synth_cache
from pipelines.deploy.errors import ServiceError, UsageError

ROOT = Path(__file__).parents[3]
VARIABLES = {
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Pipelines",
    "ARTIFACT_BUCKET": "a-bucket",
}


def options(**given):
    return argparse.Namespace(
        **{"env": "dev", "region": None, "profile": None, "quiet": False} | given
    )


def test_a_region_replaces_the_environment_s():
    chosen = commands.environment(options(region="eu-west-1"), variables=VARIABLES)
    assert (chosen.region, chosen.bucket) == ("eu-west-1", "a-bucket")
    assert commands.environment(options(), variables=VARIABLES).region == "us-east-1"
    with pytest.raises(UsageError, match="--region must be an AWS region such as us-east-1"):
        commands.environment(options(region="Europe"), variables=VARIABLES)


def test_synth_composes_for_the_region(tmp_path, capsys):
    assert synth.main(["linear-baseline", "--region", "eu-west-1", "--out", str(tmp_path)]) == 0
    definition = (tmp_path / "linear-baseline" / "definition.json").read_text()
    assert "dkr.ecr.eu-west-1.amazonaws.com" in definition
    assert "us-east-1.amazonaws.com" not in definition


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    path = tmp_path / "credentials"
    path.write_text("[team]\naws_access_key_id = OF-THE-TEAM\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    # A profile on the command line is meant, whatever the shell has exported.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OF-THE-SHELL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


def test_a_profile_s_credentials_are_used(profiles):
    assert commands.environment(options(profile="team"), variables=VARIABLES).profile == "team"

    def key(**choice):
        client = aws.connect("us-east-1", **choice).client("sts")
        return client._request_signer._credentials.access_key

    assert key(profile="team") == "OF-THE-TEAM"
    assert key() == "OF-THE-SHELL"
    with pytest.raises(ServiceError, match=r"\(nobody\) could not be found"):
        aws.connect("us-east-1", profile="nobody")


def test_on_this_machine_a_profile_is_ignored_with_a_word(capsys):
    assert commands.environment(options(env="local", profile="team")) == load("local")
    assert capsys.readouterr().err == "note: --profile is for AWS; 'local' runs on this machine\n"
    commands.environment(options(env="local", profile="team", quiet=True))
    assert capsys.readouterr().err == ""


def test_who_composes_changes_nothing_that_is_cached():
    team = commands.environment(options(profile="team"), variables=VARIABLES)
    nobody = commands.environment(options(), variables=VARIABLES)
    assert synth_cache.key("x", team) == synth_cache.key("x", nobody)


def test_quiet_upsert_says_what_it_did_and_nothing_else(sagemaker, capsys):
    assert upsert.main(["tiny", "--quiet"]) == 0
    assert capsys.readouterr() == ("Created tiny\n", "")
    assert upsert.main(["tiny", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_run_shows_how_it_ended(sagemaker, steps, capsys):
    upsert.main(["tiny", "--quiet"])
    capsys.readouterr()
    sagemaker.frames = [
        ("Executing", [steps("Prepare", "Executing")]),
        ("Failed", [steps("Prepare", "Failed", seconds=3, FailureReason="No rows.")]),
    ]
    assert run.main(["tiny", "--quiet"]) == 1
    shown = capsys.readouterr().out
    assert re.match(r"tiny  Failed .*\narn:aws:sagemaker:", shown)
    assert "No rows." in shown
    assert "Started" not in shown
    assert "Executing" not in shown


def test_quiet_with_json_leaves_the_document_alone(sagemaker, capsys):
    assert upsert.main(["tiny", "--quiet", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["environment"] == "local"
    assert printed.err == ""


def test_errors_are_never_quiet(sagemaker, capsys):
    assert run.main(["tinny", "--quiet"]) == 2
    assert "no pipeline 'tinny' is deployed" in capsys.readouterr().err


PLAN = ["-m", "pipelines.plan", "--file", "b.json", "--against", "a.json"]
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")


@pytest.fixture
def documents(tmp_path):
    """a.json and b.json, between which a step was added."""
    cases = ROOT / "tests" / "cases" / "definitions"
    document = json.loads((cases / "linear-baseline.json").read_text())
    (tmp_path / "b.json").write_text(json.dumps(document))
    document["Steps"].pop()
    (tmp_path / "a.json").write_text(json.dumps(document))
    return tmp_path


def on_a_terminal(folder, **variables):
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, *PLAN],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", **variables},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        seen = b""
        while True:
            try:
                read = os.read(master, 65536)
            except OSError:  # Linux's way to say that the other side has closed
                break
            if not read:
                break
            seen += read
        os.close(master)
    assert process.returncode == 0
    return seen.decode()


def test_a_terminal_has_colours_unless_no_color_is_set(documents):
    assert COLOUR.search(on_a_terminal(documents))
    assert not COLOUR.search(on_a_terminal(documents, NO_COLOR="1"))


def test_a_pipe_gets_no_escape_sequence(documents):
    ran = subprocess.run(
        [sys.executable, *PLAN],
        cwd=documents,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        capture_output=True,
    )
    assert ran.returncode == 0
    assert b"\x1b" not in ran.stdout + ran.stderr
    assert ran.stdout


def test_quiet_plan_is_the_plan(documents, capsys, monkeypatch):
    monkeypatch.chdir(documents)
    assert plan.main([*PLAN[2:]]) == 0
    loud = capsys.readouterr().out
    assert plan.main([*PLAN[2:], "--quiet"]) == 0
    assert loud.removeprefix("local: a.json\n\n") == capsys.readouterr().out != loud
