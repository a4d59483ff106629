"""plan, upsert, history, rollback and destroy against the real runtime, embedded and as an AWS endpoint."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from params.environment import load
from pipelines import destroy as destroy_command
from pipelines import history as history_command
from pipelines import plan as plan_module
from pipelines import rollback as rollback_command
from pipelines import upsert
from pipelines.deploy import aws, deployer, destroy, plan_command, planner, sources, synth, versions
from pipelines.deploy.endpoint import Endpoint
from pipelines.deploy.models import Asset, Synthesis
from pipelines.deploy.provenance import Commit
from runtime.embedded import open_embedded

PASSED = {"Type": "Equals", "LeftValue": {"Get": "Parameters.Seed"}, "RightValue": 0}


def document():
    return {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "Seed", "Type": "Integer", "DefaultValue": 0},
            {"Name": "Word", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
        ],
        "Steps": [
            {
                "Name": "Gate",
                "Type": "Condition",
                "Arguments": {"Conditions": [PASSED], "IfSteps": [], "ElseSteps": []},
            }
        ],
    }


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    with open_embedded(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.fixture
def name(request):
    """A pipeline name for each test: they share a runtime."""
    return "".join(word.title() for word in request.node.originalname.split("_"))[:60]


@pytest.fixture
def connection(embedded):
    return aws.from_session(embedded.boto_session("us-east-1"))


@pytest.fixture
def composition(monkeypatch, tmp_path, connection, embedded, name):
    """One composed pipeline with a script; tests may change its document and script."""
    script = tmp_path / "script.py"
    script.write_text(f"print('{name}')\n")
    written = document()

    def synthesise(name, environment, *, use=True):
        digest = digest_of(script)
        asset = Asset(script, environment.bucket, f"{environment.prefix}/assets/{digest}/script.py")
        text = {**written, "Metadata": {"script": asset.uri}}
        return Synthesis(name, "A pipeline.", json.dumps(text), (asset,))

    @contextmanager
    def open_endpoint(environment):
        yield Endpoint(connection, "embedded", tmp_path / "state", embedded=True)

    monkeypatch.setattr(sources, "cached", synthesise)
    for module in (synth, deployer, sources):
        monkeypatch.setattr(module, "composition_names", lambda: (name,))
    for module in (deployer, plan_command, versions, destroy):
        monkeypatch.setattr(module, "open_endpoint", open_endpoint)
    return written, script


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def planned(capsys, *words):
    """(exit code, the pipeline's part of the JSON document)."""
    capsys.readouterr()
    code = plan_module.main([*words, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["version"]) == ("pipelines.plan", 1)
    [pipeline] = document["pipelines"]
    return code, pipeline


def test_plan_then_upsert_then_plan_is_up_to_date(composition, capsys):
    assert planned(capsys, "--detailed-exitcode")[0] == 2
    assert upsert.main([]) == 0
    code, pipeline = planned(capsys, "--detailed-exitcode")
    assert (code, pipeline["action"], pipeline["instructions"]) == (0, "up to date", [])
    assert pipeline["deployed"]["owner"] == "ours"


def test_a_change_is_named_with_the_lines_of_its_script(composition, capsys):
    written, script = composition
    upsert.main([])
    written["Parameters"][0]["DefaultValue"] = 7
    script.write_text(script.read_text() + "print('two')\n")
    code, pipeline = planned(capsys, "--detailed-exitcode")
    assert code == 2
    assert [(each["kind"], each["sign"]) for each in pipeline["changes"]] == [
        ("parameter", "~"),
        ("asset", "~"),
    ]
    [changed] = pipeline["scripts"]
    assert changed["name"] == "script.py"
    assert "+print('two')" in changed["lines"]
    assert plan_module.main([]) == 0
    out = capsys.readouterr().out
    assert "~ Parameters.Seed.DefaultValue  0 → 7" in out
    assert "script.py  +1 -0" in out


def test_a_script_that_is_no_longer_there_is_not_compared(composition, capsys, embedded):
    _, script = composition
    upsert.main([])
    environment = load("local")
    key = f"{environment.prefix}/assets/{digest_of(script)}/script.py"
    embedded.boto_session("us-east-1").client("s3").delete_object(
        Bucket=environment.bucket, Key=key
    )
    script.write_text("print('new')\n")
    _, pipeline = planned(capsys)
    assert [each["lines"] for each in pipeline["scripts"]] == [None]
    assert pipeline["problems"] == []


def test_a_parameter_that_an_execution_passed_is_missed(
    composition, capsys, embedded, connection, name
):
    upsert.main([])
    arn = connection.start(name, {"Word": "b"})
    embedded.runtime.runner.wait(arn.rpartition("/")[2])
    composition[0]["Parameters"].pop()
    _, pipeline = planned(capsys)
    assert pipeline["breaking"] == [
        "parameter Word is gone: a start that passes it is refused (a recent execution passed it)"
    ]


def test_what_was_moved_or_only_committed_anew_is_not_written(
    composition, capsys, monkeypatch, connection, name
):
    written, _ = composition
    upsert.main([])
    written["Parameters"].reverse()
    written["Parameters"][0]["EnumValues"].reverse()
    monkeypatch.setattr(planner, "read_commit", lambda: Commit("feedfacefeed", "Somebody"))
    assert planned(capsys, "--detailed-exitcode")[0] == 0
    assert upsert.main([]) == 0
    assert len(connection.list_versions(name)) == 1


def test_a_plan_file_is_applied_exactly_and_once(composition, capsys, tmp_path, connection, name):
    written, _ = composition
    upsert.main([])
    written["Parameters"][0]["DefaultValue"] = 1
    path = tmp_path / "plan.json"
    assert plan_module.main(["--out", str(path)]) == 0
    written["Parameters"][0]["DefaultValue"] = 2  # too late for this plan
    assert upsert.main(["--plan-file", str(path)]) == 0
    text = connection.describe_pipeline(name)["PipelineDefinition"]
    assert json.loads(text)["Parameters"][0]["DefaultValue"] == 1
    capsys.readouterr()
    assert upsert.main(["--plan-file", str(path)]) == 1
    assert "has changed since the plan was made; nothing was done" in capsys.readouterr().err


def test_a_plan_file_is_refused_when_its_script_has_changed(
    composition, capsys, tmp_path, connection, name
):
    _, script = composition
    path = tmp_path / "plan.json"
    assert plan_module.main(["--out", str(path)]) == 0
    script.write_text("print('other')\n")
    assert upsert.main(["--plan-file", str(path)]) == 1
    assert "script.py has changed since the plan was made" in capsys.readouterr().err
    assert connection.describe_pipeline(name) is None


def test_a_plan_file_is_refused_when_somebody_tagged_the_pipeline(
    composition, capsys, tmp_path, connection, name
):
    upsert.main([])
    composition[0]["Parameters"][0]["DefaultValue"] = 1
    path = tmp_path / "plan.json"
    plan_module.main(["--out", str(path)])
    connection.add_tags(connection.describe_pipeline(name)["PipelineArn"], {"owner": "me"})
    assert upsert.main(["--plan-file", str(path)]) == 1


def test_another_projects_pipeline_is_taken_over_only_when_told_to(
    composition, capsys, connection, name
):
    upsert.main([])
    arn = connection.describe_pipeline(name)["PipelineArn"]
    connection.add_tags(arn, {"pipelines:project": "theirs"})
    composition[0]["Parameters"][0]["DefaultValue"] = 1
    capsys.readouterr()
    assert upsert.main([]) == 1
    assert "belongs to project 'theirs'" in capsys.readouterr().err
    assert len(connection.list_versions(name)) == 1
    assert plan_module.main(["--fail-on", "drift"]) == 1
    assert "upsert refuses without --take-over" in " ".join(capsys.readouterr().out.split())
    assert destroy_command.main([name, "--yes"]) == 1
    assert upsert.main(["--take-over"]) == 0
    assert planned(capsys)[1]["deployed"]["owner"] == "ours"


def test_drift_is_told_and_an_upsert_ends_it(composition, capsys, connection, name):
    upsert.main([])
    text = connection.describe_pipeline(name)["PipelineDefinition"]
    connection.update_pipeline(name, {"PipelineDefinition": text.replace('"a"', '"b"')})
    assert planned(capsys)[1]["deployed"]["drifted"] is True
    assert plan_module.main(["--fail-on", "drift"]) == 1
    assert upsert.main([]) == 0
    assert plan_module.main(["--fail-on", "drift"]) == 0


def test_history_names_commits_and_rollback_goes_back(composition, capsys, connection, name):
    written, _ = composition
    upsert.main([])
    written["Parameters"][0]["DefaultValue"] = 1
    upsert.main([])
    capsys.readouterr()
    assert history_command.main([name, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["versions"]
    assert [each["number"] for each in listed] == [2, 1]
    assert all(each["commit"] and each["author"] for each in listed)
    assert rollback_command.main([name, "--to", "1", "--yes"]) == 0
    text = connection.describe_pipeline(name)["PipelineDefinition"]
    assert json.loads(text)["Parameters"][0]["DefaultValue"] == 0
    history_command.main([name, "--json"])
    newest = json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["versions"][0]
    assert (newest["number"], newest["how"]) == (3, "rollback to version 1")
    assert rollback_command.main([name, "--to", "1", "--yes"]) == 0
    assert "nothing was done" in capsys.readouterr().out
    assert len(connection.list_versions(name)) == 3
    assert planned(capsys)[1]["deployed"]["drifted"] is False


def test_rollback_knows_its_versions_and_asks(composition, capsys, monkeypatch, connection, name):
    upsert.main([])
    assert rollback_command.main([name, "--to", "9"]) == 2
    assert "has no such version; it has 1" in capsys.readouterr().err
    composition[0]["Parameters"][0]["DefaultValue"] = 1
    upsert.main([])
    for answer, code in (("", 1), ("no\n", 1), ("yes\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert rollback_command.main([name, "--to", "1"]) == code
    assert len(connection.list_versions(name)) == 3


def test_destroy_refuses_while_executions_run(composition, capsys, embedded, connection, name):
    sqs = embedded.boto_session("us-east-1").client("sqs")
    queue = sqs.create_queue(QueueName="questions")["QueueUrl"]
    composition[0]["Steps"].append(
        {"Name": "Ask", "Type": "Callback", "SqsQueueUrl": queue, "Arguments": {}}
    )
    upsert.main([])
    arn = connection.start(name, {})
    assert planned(capsys)[1]["running"] == [arn]
    assert destroy_command.main([name, "--yes"]) == 1
    assert arn in capsys.readouterr().err
    assert connection.describe_pipeline(name) is not None
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    embedded.boto_session("us-east-1").client("sagemaker").send_pipeline_execution_step_success(
        CallbackToken=json.loads(message["Body"])["token"]
    )
    embedded.runtime.runner.wait(arn.rpartition("/")[2])
    assert destroy_command.main([name, "--yes"]) == 0
    assert connection.describe_pipeline(name) is None


def test_destroy_wants_the_name_typed(composition, capsys, monkeypatch, connection, name):
    upsert.main([])
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert destroy_command.main([name]) == 1
    assert connection.describe_pipeline(name) is not None
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{name}\n"))
    assert destroy_command.main([name]) == 0
    assert destroy_command.main([name]) == 1
    assert "is not deployed" in capsys.readouterr().err


@pytest.mark.parametrize("name", [*synth.composition_names()])
@pytest.mark.parametrize("env", ["local", "dev", "prod"])
def test_every_composition_is_up_to_date_after_its_upsert(
    embedded, monkeypatch, capsys, tmp_path, name, env
):
    bucket = f"artifacts-{env}"
    with embedded.runtime.endpoint() as url:
        for variable, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "SAGEMAKER_PIPELINE_ROLE_ARN": load("local").role_arn,
            "ARTIFACT_BUCKET": bucket,
            "SAGEMAKER_LOCAL_STATE": str(tmp_path / "local"),
        }.items():
            monkeypatch.setenv(variable, value)
        if env != "local":
            embedded.boto_session("us-east-1").client("s3").create_bucket(Bucket=bucket)
        assert upsert.main([name, "--env", env, "--take-over"]) == 0
        capsys.readouterr()
        code = plan_module.main([name, "--env", env, "--json", "--detailed-exitcode"])
        [pipeline] = json.loads(capsys.readouterr().out)["pipelines"]
        assert (code, pipeline["action"]) == (0, "up to date")
