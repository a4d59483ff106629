from __future__ import annotations

import json
from pathlib import Path

import pytest
from moto.cloudformation.models import cloudformation_backends

from params import recorded
from params.environment import load
from pipelines import bootstrap

# moto makes no bucket policy, CodeBuild project, subscription ...: cfn-lint knows those, this is about the command.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS")
BUCKET = "house-price-dev-123456789012-us-east-1"
STACKS = ["house-price-dev-storage", "house-price-dev-roles", "house-price-dev-triggers"]
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/0a1b"


@pytest.fixture
def cloudformation(aws):
    return aws.client("cloudformation")


@pytest.fixture
def stacks(cloudformation):
    """Names of the stacks there are, in the order in which they were made."""

    def names():
        return [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]]

    return names


def test_a_plan_shows_every_stack_of_a_fresh_account_and_makes_none(run, stacks, cloudformation):
    code, out, _ = run("--plan")
    assert code == 0
    assert [line for line in out.splitlines() if "create" in line] == [
        f"{name}  create" for name in STACKS
    ]
    assert "  + PipelineRole  AWS::IAM::Role\n" in out
    assert "This is the plan; nothing was done." in out
    assert stacks() == []
    assert cloudformation.list_change_sets(StackName=STACKS[0])["Summaries"] == []
    assert not recorded.DIRECTORY.exists()


def test_the_first_run_makes_the_stacks_in_order_and_upsert_knows_of_them(run, stacks, aws):
    code, out, _ = run("--yes")
    assert (code, stacks()) == (0, STACKS)
    environment = load("dev")
    assert environment.bucket == BUCKET
    assert aws.client("iam").get_role(RoleName=environment.role_arn.rpartition("/")[2])
    assert f"BucketName              {BUCKET}" in out
    # Shown from where one stands, when it is below.
    said = out.splitlines()[-1].removeprefix("upsert reads them from ")
    assert Path(said).resolve() == recorded.path("dev").resolve()


def test_the_process_environment_wins_over_what_is_recorded(run, monkeypatch):
    run("--yes")
    monkeypatch.setenv("ARTIFACT_BUCKET", "my-own-bucket")
    assert load("dev").bucket == "my-own-bucket"
    monkeypatch.setenv("ARTIFACT_BUCKET", "")
    assert load("dev").bucket == BUCKET


def test_a_second_run_finds_everything_up_to_date(run):
    run("--yes")
    code, out, _ = run("--json", "--yes")
    document = json.loads(out)
    assert code == 0
    assert [(each["name"], each["action"]) for each in document["stacks"]] == [
        (name, "up to date") for name in STACKS
    ]
    assert document["outputs"]["BucketName"] == BUCKET
    assert document["account"] == "123456789012"


def test_a_change_of_the_settings_changes_the_stacks_that_it_is_about(run, settings, stacks, aws):
    run("--yes")
    settings(connection=CONNECTION, repository="team/prices", schedule="rate(1 day)")
    code, out, _ = run("--yes", "--json")
    actions = {each["name"]: each["action"] for each in json.loads(out)["stacks"]}
    assert code == 0
    assert actions == {
        "house-price-dev-storage": "up to date",
        "house-price-dev-roles": "update",
        "house-price-dev-delivery": "create",
        "house-price-dev-triggers": "update",
    }
    given = aws.client("cloudformation").describe_stacks(StackName=STACKS[2])["Stacks"][0]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in given["Parameters"]}
    assert parameters["Schedule"] == "rate(1 day)"
    assert parameters["ScheduleInputUri"] == f"s3://{BUCKET}/house-price-pipelines/data/houses.csv"


def test_the_role_of_github_has_the_branch_s_name_in_its_trust(run, settings, aws):
    settings(repository="team/prices", github_actions=True)
    code, out, _ = run("--yes", "--json")
    assert code == 0
    arn = json.loads(out)["outputs"]["GitHubRoleArn"]
    role = aws.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    assert "repo:team/prices:ref:refs/heads/main" in json.dumps(role["AssumeRolePolicyDocument"])


def test_what_is_not_confirmed_is_not_run(run, stacks, monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "no")
    code, out, _ = run()
    assert (code, stacks()) == (1, [])
    assert asked == [f"Run these changes of {STACKS[0]}? [y/N] "]
    assert "Nothing more was changed." in out


def test_each_stack_is_confirmed_by_itself(run, stacks, monkeypatch):
    answers = iter(["y", "yes", ""])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    assert run()[0] == 1
    assert stacks() == STACKS[:2]
    assert load("dev").bucket == BUCKET  # what was made is known, although the rest was declined


def test_destroy_deletes_the_stacks_and_leaves_the_data_alone(run, stacks, aws):
    run("--yes")
    aws.client("s3").put_object(Bucket=BUCKET, Key="precious", Body=b"x")
    code, out, _ = run("--destroy", "--plan")
    assert (code, stacks()) == (0, STACKS)
    assert f"bucket {BUCKET}  stays" in out
    code, out, _ = run("--destroy", "--yes")
    assert (code, stacks()) == (0, [])
    assert [line for line in out.splitlines() if line.startswith("deleted")] == [
        f"deleted {name}" for name in reversed(STACKS)
    ]
    assert aws.client("s3").get_object(Bucket=BUCKET, Key="precious")
    assert not recorded.path("dev").exists()
    code, out, _ = run("--destroy", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "There is nothing to delete.")


def test_delete_data_empties_the_bucket_with_all_versions(run, aws):
    s3 = aws.client("s3")
    run("--yes")
    # moto's bucket of a template is not versioned, whatever the template says.
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3.put_object(Bucket=BUCKET, Key="k", Body=body)
    s3.delete_object(Bucket=BUCKET, Key="k")
    code, out, _ = run("--destroy", "--delete-data", "--yes")
    assert code == 0
    assert out.endswith(f"deleted bucket {BUCKET} with 3 object versions\n")
    assert s3.list_buckets()["Buckets"] == []


def test_delete_data_finds_the_bucket_that_an_earlier_destroy_left(run, aws):
    run("--yes")
    run("--destroy", "--yes")
    code, out, _ = run("--destroy", "--delete-data", "--yes")
    assert (code, aws.client("s3").list_buckets()["Buckets"]) == (0, [])
    code, out, _ = run("--destroy", "--delete-data", "--yes")
    assert (code, out.splitlines()[-1]) == (0, f"there is no bucket {BUCKET}")


def test_destroy_that_is_declined_deletes_nothing(run, stacks, monkeypatch):
    run("--yes")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "")
    code, out, _ = run("--destroy")
    assert (code, stacks()) == (1, STACKS)
    assert "Nothing was deleted." in out


def test_another_checkout_fetches_the_outputs(run):
    run("--yes")
    recorded.path("dev").write_text("damaged")
    code, _, _ = run("--outputs")
    assert code == 0
    assert load("dev").bucket == BUCKET


def test_outputs_of_stacks_that_are_not_there_are_refused(run):
    code, _, err = run("--outputs")
    assert code == 1
    assert "make them with: python -m pipelines.bootstrap --env dev" in err


def test_a_stack_that_the_settings_no_longer_want_is_named_and_stays(run, settings, stacks):
    settings(repository="team/prices", github_actions=True)
    run("--yes")
    settings(github_actions=False)
    _, out, _ = run("--yes")
    assert "house-price-dev-github-oidc  not in [infra] any more" in out
    assert "house-price-dev-github-oidc" in stacks()


def test_a_stack_that_is_being_changed_is_left_alone(run, aws):
    run("--yes")
    [first, *_] = cloudformation_backends["123456789012"]["us-east-1"].stacks.values()
    first.status = "UPDATE_IN_PROGRESS"
    code, _, err = run("--yes")
    assert code == 1
    assert f"stack {STACKS[0]} is UPDATE_IN_PROGRESS: something is changing it; wait" in err


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"connection": CONNECTION}, "'infra.repository' is empty, but 'infra.connection'"),
        ({"github_actions": True}, "'infra.repository' is empty, but 'infra.github_actions'"),
        ({"pipeline": "house-prise"}, "did you mean 'house-price'?"),
        ({"schedule": "daily"}, "'infra.schedule' must be cron(...) or rate(...)"),
    ],
)
def test_settings_that_cannot_be_deployed_are_refused(run, settings, stacks, values, message):
    settings(**values)
    code, _, err = run("--yes")
    assert (code, stacks()) == (1, [])
    assert message in err


def test_an_endpoint_that_is_none_is_a_mistake_of_the_user(run, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    code, _, err = run("--plan")
    assert code == 1
    assert "correct AWS_ENDPOINT_URL or unset it" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env", "local", "--yes"], "--env local: it runs on this machine"),
        (["--env", "prd", "--yes"], "there is no environment 'prd'; did you mean 'prod'?"),
        (["--env", "dev"], "there is nobody to ask; look with --plan, then add --yes"),
        (["--env", "dev", "--json"], "there is nobody to ask"),
        (["--env", "dev", "--delete-data", "--yes"], "add --destroy"),
        (["--env", "dev", "--outputs", "--plan"], "leave --destroy and --plan out"),
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_is_looked_at(capsys, arguments, message):
    assert bootstrap.main(arguments) == 2
    assert message in capsys.readouterr().err
