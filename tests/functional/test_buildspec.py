"""buildspec.yml, run phase by phase as CodeBuild runs it, against a served runtime in AWS's place.

What CodeBuild does, and `Build.run` does too: the commands of a phase run one after the other in one shell; a command
that fails ends its phase; after a failed install or pre_build nothing more runs, after a failed build post_build does.
`make` only notes how it was called: that `make install` and `make test` work is proven elsewhere.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import yaml

from pipelines.deploy.sample_data import write_sample

ROOT = Path(__file__).parents[2]
BUILDSPEC = yaml.safe_load((ROOT / "buildspec.yml").read_text())
SOURCES = ("pipelines", "params", "steps", "buildspec.yml", "pyproject.toml")
PHASES = ("install", "pre_build", "build", "post_build")
INSTALL, TEST = "install", "test PYTEST_ARGS=--junit-xml=build/reports/tests.xml"
BOTH = ["house-price", "linear-baseline"]
SOMEBODY = """
import boto3, json
sagemaker, name = boto3.client("sagemaker"), "linear-baseline"
document = json.loads(sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"])
document["Metadata"] = {"by": "somebody"}
sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=json.dumps(document))
"""
MAKE = """#!/bin/sh
echo "$@" >> made.txt
case "$*" in "$MAKE_FAILS"*) exit 1;; esac
"""
GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
PUSH = {"CODEBUILD_WEBHOOK_EVENT": "PUSH", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main"}
PULL_REQUEST = {
    "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_UPDATED",
    "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/a-branch",
    "CODEBUILD_WEBHOOK_TRIGGER": "pr/7",
    "CODEBUILD_SOURCE_REPO_URL": "https://github.com/team/project.git",
}


@dataclass(frozen=True)
class Result:
    """`phases` are those that ran, with their exit codes."""

    phases: dict[str, int]
    output: str

    @property
    def succeeded(self):
        return list(self.phases) == list(PHASES) and not any(self.phases.values())


@dataclass(frozen=True)
class Build:
    """A checkout, and the account that its builds deploy to."""

    folder: Path
    account: dict[str, str]

    def run(self, **variables):
        environment = self._environment() | variables
        phases, output = {}, ""
        for phase in PHASES:
            commands = BUILDSPEC["phases"].get(phase, {}).get("commands", [])
            script = "\n".join(f"{{\n{command}\n}} || exit" for command in commands)
            ran = subprocess.run(
                [BUILDSPEC["env"]["shell"], "-c", script],
                cwd=self.folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            phases[phase] = ran.returncode
            output += ran.stdout
            if ran.returncode and phase != "build":
                break
        return Result(phases, output)

    def _environment(self):
        return {
            **BUILDSPEC["env"]["variables"],
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "CODEBUILD_BUILD_ID": "project:1",
            "CODEBUILD_SRC_DIR": str(self.folder),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            **self.account,
            "MAKE_FAILS": "nothing",
        }

    def client(self, service):
        session = boto3.Session("any", "any", region_name="us-east-1")
        return session.client(service, endpoint_url=self.account["AWS_ENDPOINT_URL"])

    def edit(self, file, before, after):
        path = self.folder / file
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))
        self.git("commit", "-qam", f"Edit {file}")

    def git(self, *words):
        done = subprocess.run([*GIT, *words], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def made(self):
        return (self.folder / "made.txt").read_text().splitlines()

    def written(self):
        """Everything that a deployment can write, with the time when it did."""
        sagemaker = self.client("sagemaker")
        objects = (
            self.client("s3")
            .list_objects_v2(Bucket=self.account["ARTIFACT_BUCKET"])
            .get("Contents", [])
        )
        names = [each["PipelineName"] for each in sagemaker.list_pipelines()["PipelineSummaries"]]
        return {
            name: (
                sagemaker.describe_pipeline(PipelineName=name)["LastModifiedTime"],
                len(
                    sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
                ),
                self.executions(name),
            )
            for name in sorted(names)
        } | {each["Key"]: each["LastModified"] for each in objects}

    def executions(self, name):
        listed = self.client("sagemaker").list_pipeline_executions(PipelineName=name)
        return [each["PipelineExecutionStatus"] for each in listed["PipelineExecutionSummaries"]]

    def pipelines(self):
        return [each for each in self.written() if each in BOTH]


@pytest.fixture(scope="module")
def team(served_account, tmp_path_factory):
    """An account where everything is deployed; tests change it, and compare with how they found it."""
    with served_account(tmp_path_factory.mktemp("account")) as opened:
        first = Build(checked_out(tmp_path_factory.mktemp("first")), opened)
        assert (result := first.run(**PUSH)).succeeded, result.output
        yield opened


@pytest.fixture
def empty(served_account, checkout, tmp_path_factory):
    """A build in an account where nothing is deployed."""
    with served_account(tmp_path_factory.mktemp("empty")) as variables:
        yield Build(checkout, variables)


@pytest.fixture
def deployed(checkout, team):
    return Build(checkout, team)


@pytest.fixture
def checkout(tmp_path):
    return checked_out(tmp_path / "checkout")


def checked_out(folder):
    """A clone of this project as CodeBuild has one, with our packages for `make install`'s."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for words in (["init", "-b", "main"], ["add", "."], ["commit", "-m", "Begin"]):
        subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    program(folder / "bin" / "make", MAKE)
    return folder


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def in_its_place(build, text):
    """Put a program of the test's in the place of the checkout's Python."""
    (build.folder / ".venv").unlink()
    program(build.folder / ".venv" / "bin" / "python", text)


def test_a_pull_request_is_planned_and_nothing_is_written(empty):
    result = empty.run(**PULL_REQUEST)
    assert result.succeeded, result.output
    assert empty.written() == {}
    assert "Planned only: not a push to main" in result.output
    assert "No comment: GITHUB_TOKEN is not set" in result.output
    assert "### house-price: create\n" in (empty.folder / "build/plan.md").read_text()
    assert empty.made() == [INSTALL, TEST]


def test_a_first_push_deploys_everything(empty):
    assert empty.pipelines() == []
    result = empty.run(**PUSH)
    assert result.succeeded, result.output
    assert empty.pipelines() == BOTH
    assert "Created house-price\nCreated linear-baseline" in result.output
    assert [empty.executions(name) for name in BOTH] == [[], []]
    assert empty.made() == [INSTALL, TEST]


def test_every_report_and_artifact_is_written(deployed):
    deployed.run(**PULL_REQUEST)
    for name in BUILDSPEC["artifacts"]["files"]:
        assert (deployed.folder / name).stat().st_size > 0
    # The tests' own is written by `make test`, which says so with PYTEST_ARGS.
    assert (deployed.folder / "build/reports/rules.xml").stat().st_size > 0
    assert {
        f"{each['base-directory']}/{each['files']}" for each in BUILDSPEC["reports"].values()
    } == {
        "build/reports/rules.xml",
        TEST.rpartition("=")[2],
    }


def test_an_unchanged_commit_writes_nothing(deployed):
    assert deployed.run(**PUSH).succeeded
    before = deployed.written()
    result = deployed.run(**PUSH)
    assert result.succeeded, result.output
    assert deployed.written() == before


def test_a_change_updates_what_it_changes(deployed):
    assert deployed.run(**PUSH).succeeded
    before = deployed.written()
    deployed.edit(
        "params/environments/dev.toml", "MaeThreshold = 60000.0", "MaeThreshold = 50000.0"
    )
    result = deployed.run(**PUSH)
    assert result.succeeded, result.output
    assert "Updated linear-baseline" in result.output
    after = deployed.written()
    assert [name for name in before if after[name] != before[name]] == ["linear-baseline"]
    [newest, *_] = deployed.client("sagemaker").list_pipeline_versions(
        PipelineName="linear-baseline"
    )["PipelineVersionSummaries"]
    commit = deployed.git("rev-parse", "HEAD")[:12]
    assert newest["PipelineVersionDescription"] == f"commit {commit}; author Ada"


@pytest.mark.parametrize(
    ("variables", "deploys"),
    [
        ({}, True),
        ({"CODEBUILD_WEBHOOK_EVENT": "PUSH", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/x"}, False),
        ({"CODEBUILD_WEBHOOK_EVENT": "PUSH", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/tags/main"}, False),
        ({**PUSH, "DEPLOY_BRANCH": "release"}, False),
        (
            {
                "CODEBUILD_WEBHOOK_EVENT": "PUSH",
                "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/release",
                "DEPLOY_BRANCH": "release",
            },
            True,
        ),
    ],
)  # fmt: skip
def test_only_a_push_to_the_branch_or_a_build_without_webhook_deploys(checkout, variables, deploys):
    build = Build(checkout, {})
    in_its_place(build, '#!/bin/sh\necho "$2" >> called.txt\n')
    result = build.run(**variables)
    assert result.succeeded, result.output
    called = (checkout / "called.txt").read_text().split()
    # The stand-in prints no plan, so there is nothing to comment.
    assert called == ["pipelines.validate", "pipelines.plan", *["pipelines.upsert"] * deploys]
    assert ("Planned only" in result.output) is not deploys


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "params/environments/dev.toml",
            'Loss = "squared_loss"',
            'Loss = "sqared_loss"',
            "parameters.house-price.Loss: 'sqared_loss' is not allowed",
        ),
        ("steps/check_error.py", "test:absolute_loss", "test:absolut_loss", "E"),
        ("steps/train_linear.py", "def train_linear(", "def train_linaer(", "train_linear"),
    ],
)
def test_a_broken_definition_stops_before_anything_is_written(deployed, file, before, after, said):
    deployed.edit(file, before, after)
    there = deployed.written()
    result = deployed.run(**PUSH)
    assert result.phases.keys() == {"install", "pre_build"}
    assert result.phases["pre_build"] != 0
    assert said in result.output
    assert deployed.written() == there
    assert not (deployed.folder / "build" / "plan.md").exists()


@pytest.mark.parametrize(("fails", "phases"), [("install", 1), ("test", 2)])
def test_nothing_runs_after_a_failed_install_or_test(empty, fails, phases):
    result = empty.run(**PUSH, MAKE_FAILS=fails)
    assert list(result.phases) == [*PHASES][:phases]
    assert not result.succeeded
    assert empty.written() == {}


def test_what_is_changed_after_the_plan_stops_the_build_before_it_writes(deployed):
    deployed.edit("params/environments/dev.toml", "MaeThreshold = 60000.0", "MaeThreshold = 4.0")
    python = f'"{sys.executable}"'
    in_its_place(
        deployed,
        f'#!/bin/sh\n{python} "$@" || exit\n'
        f'case "$2" in pipelines.plan) {python} somebody.py;; esac\n',
    )
    (deployed.folder / "somebody.py").write_text(SOMEBODY)
    result = deployed.run(**PUSH)
    assert result.phases == {"install": 0, "pre_build": 0, "build": 1, "post_build": 0}
    assert "nothing was done" in result.output
    assert "No comment" in result.output  # post_build has run
    found = deployed.client("sagemaker").describe_pipeline(PipelineName="linear-baseline")
    assert '"somebody"' in found["PipelineDefinition"]


@pytest.fixture
def with_data(deployed, tmp_path):
    write_sample(tmp_path / "houses.csv", rows=400)
    key = "house-price-pipelines/data/houses.csv"
    deployed.client("s3").upload_file(
        str(tmp_path / "houses.csv"), deployed.account["ARTIFACT_BUCKET"], key
    )
    return deployed


def test_an_execution_is_started_and_waited_for(with_data):
    before = with_data.executions("linear-baseline")
    result = with_data.run(**PUSH, START_EXECUTION="linear-baseline", WAIT_FOR_EXECUTION="yes")
    assert result.succeeded, result.output
    assert with_data.executions("linear-baseline") == ["Succeeded", *before]
    assert with_data.executions("house-price") == []


def test_the_build_fails_with_the_execution(with_data):
    before = with_data.executions("linear-baseline")
    with_data.edit("params/environments/dev.toml", "MaeThreshold = 60000.0", "MaeThreshold = 1.0")
    variables = {"START_EXECUTION": "linear-baseline house-price", "WAIT_FOR_EXECUTION": "yes"}
    result = with_data.run(**PUSH, **variables)
    assert result.phases == {"install": 0, "pre_build": 0, "build": 1, "post_build": 0}
    assert "MaeThreshold = 1.0" in result.output
    assert with_data.executions("linear-baseline") == ["Failed", *before]
    # The first failure is the last start.
    assert with_data.executions("house-price") == []


def test_a_start_that_is_not_waited_for_does_not_hold_the_build(with_data):
    before = with_data.executions("linear-baseline")
    result = with_data.run(**PUSH, START_EXECUTION="linear-baseline")
    assert result.succeeded, result.output
    assert "linear-baseline  Succeeded" not in result.output
    assert len(with_data.executions("linear-baseline")) == len(before) + 1


def test_a_misspelt_start_fails_the_build(deployed):
    result = deployed.run(**PUSH, START_EXECUTION="linear-base")
    assert result.phases["build"] == 2
    assert "no pipeline 'linear-base'; did you mean 'linear-baseline'?" in result.output


def steps_of(commands):
    """Each command of ours in a list of shell texts, without what CI systems rightly do differently."""
    for text in commands:
        for line in text.splitlines():
            for found in line.replace("||", ";").split(";"):
                words = found.split()
                for index, word in enumerate(words):
                    if word.startswith("pipelines."):
                        yield word, *sorted(each for each in words[index:] if each in SHARED)
            if line.startswith("make "):
                yield "make", line.split()[1]


SHARED = ('"$DEPLOY_ENV"', "--env", "--fail-on", "error", "--out", "--plan-file")


def test_the_second_ci_runs_the_same_commands():
    """Not one line of logic of its own: what it runs is what CodeBuild runs, but credentials and comments."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    actions = steps_of(
        step["run"]
        for job in ("test", "deploy")
        for step in workflow["jobs"][job]["steps"]
        if "run" in step
    )
    codebuild = list(
        steps_of(text for phase in PHASES for text in BUILDSPEC["phases"][phase]["commands"])
    )
    ours = [each for each in actions if each[0] != "pipelines.bootstrap"]
    assert ("pipelines.plan", '"$DEPLOY_ENV"', "--env", "--out") in ours
    assert set(ours) <= set(codebuild)
    deploying = [each for each in codebuild if each[0] != "pipelines.comment"]
    started = ("pipelines.upsert", '"$DEPLOY_ENV"', "--env")
    assert set(deploying) - {started} == set(ours)
