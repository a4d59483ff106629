"""The example pipelines from one environment to the next, against an embedded runtime."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from params.environment import load
from pipelines import destroy, history, plan, run, upsert
from pipelines.deploy import commands, deployer, planner
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.provenance import COMMIT, SOURCE, Commit

NAME = "linear-baseline"
AWS = {
    "ARTIFACT_BUCKET": "prod-artifacts",
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::210987654321:role/Prod",
    "AWS_REGION": "us-east-1",
}


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """The state directory is the test's own; the function sets the commit that this checkout is at."""
    monkeypatch.setenv("SAGEMAKER_LOCAL_STATE", str(tmp_path / "state"))
    for key, value in AWS.items():
        monkeypatch.setenv(key, value)

    def at(sha):
        for module in (deployer, planner):
            monkeypatch.setattr(module, "read_commit", lambda: sha and Commit(sha, "Ada"))

    at("aaaaaaaaaaaa")
    return at


def tagged(name=NAME):
    with open_endpoint(load("local")) as endpoint:
        found = endpoint.aws.describe_pipeline(name)
        return found and endpoint.aws.list_tags(found["PipelineArn"])


def retag(tags):
    if not tags:
        return
    with open_endpoint(load("local")) as endpoint:
        endpoint.aws.add_tags(endpoint.aws.describe_pipeline(NAME)["PipelineArn"], tags)


def promote():
    return upsert.main([NAME, "--suffix", "next", "--promoted-from", "local"])


def test_what_was_tried_is_promoted(checkout, capsys):
    assert upsert.main([NAME]) == 0
    assert promote() == 0
    ours, theirs = tagged(), tagged(f"{NAME}-next")
    assert ours[SOURCE] == theirs[SOURCE]
    assert ours[COMMIT] == theirs[COMMIT] == "aaaaaaaaaaaa"
    assert theirs["suffix"] == "next"


def test_a_later_commit_that_changes_nothing_of_it_is_no_reason_to_refuse(checkout, capsys):
    upsert.main([NAME])
    checkout("bbbbbbbbbbbb")
    assert promote() == 0
    assert "'local' has it from commit aaaaaaaaaaaa; nothing of it has changed since" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("deployed", "sha", "tags", "message"),
    [
        (False, "aaaaaaaaaaaa", {}, "is not deployed in 'local'; deploy and try it there first"),
        (True, "aaaaaaaaaaaa+", {}, "files differ from commit aaaaaaaaaaaa: commit them"),
        (True, None, {}, "this is no git checkout"),
        (
            True,
            "bbbbbbbbbbbb",
            {SOURCE: "0" * 64},
            "is of commit aaaaaaaaaaaa and not what this checkout (bbbbbbbbbbbb) composes",
        ),
        (True, "aaaaaaaaaaaa", {SOURCE: "unknown"}, "does not say what it was composed from"),
        (
            True,
            "aaaaaaaaaaaa",
            {"pipelines:definition": "0" * 64},
            "was changed since it was deployed from here",
        ),
    ],
)
def test_anything_else_is_refused_before_something_is_written(
    checkout, capsys, deployed, sha, tags, message
):
    if deployed:
        upsert.main([NAME])
        retag(tags)
    checkout(sha)
    assert promote() == 1
    shown = capsys.readouterr().err
    assert "error: --promoted-from local: " in shown
    assert message in shown
    assert tagged(f"{NAME}-next") is None


def test_promoting_from_itself_is_a_mistake(checkout, capsys):
    assert upsert.main([NAME, "--promoted-from", "local"]) == 2
    assert upsert.main([NAME, "--promoted-from", "lcal"]) == 2
    assert "did you mean 'local'?" in capsys.readouterr().err


def changes(capsys, *words):
    capsys.readouterr()
    assert plan.main([NAME, "--json", *words]) == 0
    [pipeline] = json.loads(capsys.readouterr().out)["pipelines"]
    return [
        change["path"] for each in pipeline["instructions"] for change in each.get("changes", ())
    ]


def test_between_environments_only_real_differences_are_shown(checkout, monkeypatch, capsys):
    upsert.main([NAME])
    assert changes(capsys, "--env", "prod", "--against", "local") == []

    def environment(name, *_, **__):
        loaded = load(name)
        if name != "prod":
            return loaded
        parameters = {**loaded.parameters[NAME], "TrainingInstanceType": "ml.m5.4xlarge"}
        jobs = replace(loaded.jobs, kms_key="alias/prod")
        return replace(loaded, parameters={NAME: parameters}, jobs=jobs)

    monkeypatch.setattr(commands, "environment_named", environment)
    found = changes(capsys, "--env", "prod", "--against", "local")
    assert "Parameters.TrainingInstanceType.DefaultValue" in found
    keys = [path for path in found if "KmsKeyId" in path]
    assert len(keys) == len(found) - 1 > 0


def test_a_branch_differs_from_its_environment_in_nothing_but_the_change(checkout, capsys):
    upsert.main([NAME])
    assert changes(capsys, "--suffix", "next", "--against", "local") == []


def test_an_environment_that_lacks_it_cannot_be_compared_with(checkout, capsys):
    assert plan.main([NAME, "--env", "prod", "--against", "local"]) == 2
    assert f"pipeline '{NAME}' is not deployed there" in capsys.readouterr().err


def test_a_branch_lives_beside_the_environment_and_is_removed_whole(checkout, capsys):
    assert upsert.main([NAME]) == 0
    assert upsert.main(["--suffix", "next"]) == 0
    assert history.main([NAME, "--suffix", "next"]) == 0
    assert run.main([NAME, "--suffix", "nxt"]) == 1
    assert "python -m pipelines.upsert linear-baseline --suffix nxt" in capsys.readouterr().err
    assert destroy.main(["--yes"]) == 2
    assert destroy.main(["--suffix", "next", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "Deleted house-price-next" in shown
    assert (
        "aws s3 rm --recursive s3://sagemaker-us-east-1-123456789012/house-price-pipelines/next/"
        in shown
    )
    assert (tagged() is not None, tagged(f"{NAME}-next")) == (True, None)
    assert destroy.main(["--suffix", "next", "--yes"]) == 0
    assert "no pipeline of the branch 'next' is deployed" in capsys.readouterr().out


def test_another_account_is_refused_before_anything_is_written(checkout, monkeypatch, capsys):
    def guarded(account):
        monkeypatch.setattr(
            commands,
            "environment_named",
            lambda name, *_, **__: replace(load(name), account=account),
        )

    guarded("210987654321")
    for command in (upsert, plan):
        assert command.main([NAME]) == 1
        assert (
            "environment 'local' is account 210987654321, but the credentials are of account "
            in (capsys.readouterr().err)
        )
    assert tagged() is None
    guarded("123456789012")
    assert upsert.main([NAME]) == 0
