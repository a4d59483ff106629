"""`python -m pipelines.plan` as people and CI use it: any definition, forms of output, exit codes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pipelines import plan, prices, upsert
from pipelines.deploy import plan_command
from pipelines.deploy.planning import prices as table

ROOT = Path(__file__).parents[3]
GOOD = ROOT / "tests" / "cases" / "definitions" / "linear-baseline.json"
UNLIMITED = {"Name": "Cluster", "Type": "EMR", "Arguments": {}}


@pytest.fixture(autouse=True)
def one_door(monkeypatch, sagemaker):
    """The plan command meets the same scripted SageMaker and composition as upsert."""
    from pipelines.deploy import deployer

    monkeypatch.setattr(plan_command, "open_endpoint", deployer.open_endpoint)
    monkeypatch.setattr(plan_command, "gate", lambda *_, **__: [])


@pytest.fixture
def changed(tmp_path):
    """Writes a copy of a real definition after a change."""

    def write(change):
        document = json.loads(GOOD.read_text())
        change(document)
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(document))
        return str(path)

    return write


def against(path, *words):
    return plan.main(["--file", path, "--against", str(GOOD), *words])


def test_upsert_plan_says_what_plan_says(sagemaker, capsys):
    upsert.main(["tiny", "--plan"])
    one = capsys.readouterr().out
    plan.main(["tiny"])
    other = capsys.readouterr().out
    assert other.splitlines() == one.splitlines()[:-2]


def test_two_files_are_compared_without_a_service(changed, sagemaker, capsys):
    assert against(str(GOOD), "--detailed-exitcode") == 0
    path = changed(lambda d: d["Parameters"][0].update(DefaultValue="s3://other/"))
    assert against(path, "--detailed-exitcode") == 2
    assert sagemaker.calls == []
    assert "~ Parameters.InputDataUri.DefaultValue" in capsys.readouterr().out


def test_the_sdk_is_not_imported_for_files():
    script = "import sys; from pipelines import plan; code = plan.main(sys.argv[1:])"
    script += "; sys.exit(code or 'sagemaker' in sys.modules)"
    command = [sys.executable, "-c", script, "--file", str(GOOD), "--against", str(GOOD)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0


def test_a_definition_comes_through_standard_input(changed, monkeypatch, capsys):
    path = changed(lambda d: d["Steps"].pop())
    stdin = io.TextIOWrapper(io.BytesIO(Path(path).read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert against("-") == 0
    assert "- Steps." in capsys.readouterr().out


def test_a_file_is_compared_with_the_deployed_pipeline_of_its_name(sagemaker, tmp_path, capsys):
    upsert.main(["tiny"])
    text = sagemaker.pipelines["tiny"]["PipelineDefinition"]
    path = tmp_path / "tiny.json"
    path.write_text(text)
    capsys.readouterr()
    assert plan.main(["--file", str(path), "--detailed-exitcode"]) == 0
    path.write_text(text.replace('"DefaultValue": 3', '"DefaultValue": 4'))
    assert plan.main(["--file", str(path), "--detailed-exitcode"]) == 2
    assert "~ Parameters.Rounds.DefaultValue  3 → 4" in capsys.readouterr().out


def test_one_pipeline_is_compared_with_another(sagemaker, capsys):
    upsert.main(["tiny"])
    sagemaker.pipelines["other"] = {**sagemaker.pipelines["tiny"], "RoleArn": "arn:other"}
    assert plan.main(["tiny", "--against", "other", "--detailed-exitcode"]) == 0
    assert plan.main(["tiny", "--against", "nobody"]) == 2
    assert "no such pipeline is deployed, and no such file" in capsys.readouterr().err


def test_breaking_changes_stop_a_pull_request(changed, capsys):
    path = changed(lambda d: d["Parameters"].pop(0))
    document = json.loads(Path(path).read_text())
    text = json.dumps(document).replace('{"Get": "Parameters.InputDataUri"}', '"s3://fixed/"')
    Path(path).write_text(text)
    assert against(path) == 0
    capsys.readouterr()
    assert against(path, "--fail-on", "breaking") == 1
    captured = capsys.readouterr()
    assert "error: --fail-on breaking: changed: parameter InputDataUri is gone" in captured.err
    assert "Breaking" in captured.out


@pytest.mark.parametrize(("limit", "code"), [("cost>0.34", 1), ("cost>0.35", 0)])
def test_a_ceiling_above_the_limit_stops_it(limit, code):
    assert against(str(GOOD), "--fail-on", limit) == code


def test_a_cost_that_is_not_known_is_above_any_limit(changed, capsys):
    path = changed(lambda d: d["Steps"].append(UNLIMITED))
    assert against(path, "--fail-on", "cost>1000000") == 1
    assert "Cluster (EMR) is not estimated, so no limit can be held" in capsys.readouterr().err


def test_json_is_versioned_and_carries_everything(changed, capsys):
    path = changed(lambda d: d["Steps"].append({**UNLIMITED, "DependsOn": ["Prepare"]}))
    assert against(path, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["version"]) == ("pipelines.plan", 1)
    [pipeline] = document["pipelines"]
    assert pipeline["cost"]["usd_at_most"] is None
    assert pipeline["cost_deployed"]["usd_at_most"] == 0.345
    assert pipeline["changes"][0]["path"] == "Steps.Cluster"
    assert {each["outcome"] for each in pipeline["cache"]} == {"served", "uncached"}


def test_markdown_has_a_table_and_a_graph_and_cannot_be_broken_out_of(changed, capsys):
    hostile = "`</details>|[x](http://e)\n```"
    path = changed(lambda d: d["Parameters"][1].update(DefaultValue=hostile))
    assert against(path, "--markdown") == 0
    out = capsys.readouterr().out
    assert "| ~ | `Parameters.LabelColumn.DefaultValue` | `price` |" in out
    assert "flowchart TD" in out
    assert "s0 --> s1" in out
    assert hostile not in out
    assert out.count("```") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json", "--markdown"], "not both"),
        (["--fail-on", "cost"], "must be breaking, cost>N, cache or drift"),
        (["--fail-on", "cost>-1"], "must be breaking"),
        (["--out", "x", "--against", "y"], "--out is for what upsert can do"),
        (["tiny", "--file", "x"], "one of them"),
        (["--file", "nowhere.json"], "--file nowhere.json: No such file"),
        (["--env", "prd"], "did you mean 'prod'?"),
    ],
)
def test_mistakes_are_sentences_and_with_detailed_exit_codes_not_mistaken_for_changes(
    words, said, capsys
):
    def code(words):
        try:
            return plan.main(words)
        except SystemExit as left:
            return left.code

    assert code(words) == 2
    assert code([*words, "--detailed-exitcode"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--file", str(GOOD), "--against", "no.json"], 2, "--against no.json: there is no such"),
        (["--file", str(GOOD), "--against", "a_b"], 2, "'a_b' cannot be the name of a pipeline"),
        (["--file", str(GOOD), "--against", __file__], 1, "not JSON"),
        (["--file", str(GOOD.with_name("a_b.json"))], 2, "No such file"),
        (["--file", str(GOOD), "--file", str(GOOD), "--against", str(GOOD)], 2, "name it"),
        (["tiny", "--out", "/nowhere/plan.json"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(words, code, said, capsys):
    assert plan.main(words) == code
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error


def test_a_file_without_a_pipelines_name_says_what_to_add(changed, tmp_path, capsys):
    path = Path(changed(lambda d: d)).rename(tmp_path / "a_b.json")
    assert plan.main(["--file", str(path)]) == 2
    assert "--file without --against: 'a_b' cannot be the name" in capsys.readouterr().err


def test_a_definition_with_mistakes_is_refused(changed, capsys):
    path = changed(lambda d: d["Steps"][0].update(DependsOn=["Prepar"]))
    assert against(path) == 1
    assert "step 'Prepar' does not exist" in capsys.readouterr().err


def test_what_may_not_be_looked_at_is_said_and_the_plan_is_shown(sagemaker, composition, capsys):
    upsert.main(["tiny"])
    composition["Parameters"][1]["DefaultValue"] = 4
    sagemaker.fail["list_pipeline_executions"] = ("AccessDeniedException", "No.")
    capsys.readouterr()
    assert plan.main(["tiny"]) == 0
    out = capsys.readouterr().out
    assert "~ Parameters.Rounds.DefaultValue  3 → 4" in out
    assert "earlier executions are not known" in out


def test_a_role_that_may_not_describe_versions_can_still_deploy(sagemaker, capsys):
    sagemaker.fail["update_pipeline_version"] = ("AccessDeniedException", "No.")
    assert upsert.main(["tiny"]) == 0
    assert "note: version 1 carries no commit" in capsys.readouterr().out


@pytest.mark.parametrize("option", [["tiny"], ["--plan"], ["--start"]])
def test_a_plan_file_is_all_there_is_to_say(option, tmp_path, capsys):
    path = tmp_path / "plan.json"
    assert plan.main(["tiny", "--out", str(path)]) == 0
    assert upsert.main(["--plan-file", str(path), *option]) == 2
    assert "leave out" in capsys.readouterr().err
    assert upsert.main(["--plan-file", str(path), "--env", "dev"]) == 2
    assert "the plan is for environment 'local'" in capsys.readouterr().err


@pytest.fixture
def price_list():
    """A price list on loopback; its answer can be set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = self.server.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_prices_of_another_region_are_not_passed_off_as_those_asked_for(capsys):
    assert prices.main(["--region", "eu-west-3"]) == 0
    out = capsys.readouterr().out
    assert "There are none of eu-west-3; --refresh --region eu-west-3 reads them. These are:" in out
    assert prices.main(["--region", "us-east-1"]) == 0
    assert "There are none" not in capsys.readouterr().out


def test_prices_are_read_anew_and_kept_by_region(price_list, monkeypatch, tmp_path, capsys):
    path = tmp_path / "prices.json"
    monkeypatch.setattr(table.refresh, "__defaults__", (None, path))
    monkeypatch.setattr(table.load, "__defaults__", (path,))
    product = {
        "productFamily": "ML Instance",
        "attributes": {"instanceName": "ml.x", "component": "Training"},
    }
    dimension = {"d": {"unit": "Hrs", "pricePerUnit": {"USD": "1.25"}}}
    body = {
        "publicationDate": "2026-10-01T00:00:00Z",
        "products": {"sku": product},
        "terms": {"OnDemand": {"sku": {"t": {"priceDimensions": dimension}}}},
    }
    url = f"http://127.0.0.1:{price_list.server_port}/index.json"
    price_list.answer = (200, json.dumps(body).encode())
    words = ["--refresh", "--region", "eu-west-1", "--url", url]
    assert prices.main(words) == 0
    assert prices.main(["--region", "eu-west-1"]) == 0
    assert "USD an hour in eu-west-1 as of 2026-10-01" in capsys.readouterr().out
    price_list.answer = (503, b"")
    assert prices.main(words) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert json.loads(path.read_text())["regions"]["eu-west-1"]["usd_an_hour"] == {"ml.x": 1.25}
    assert prices.main(["--url", url]) == 2
