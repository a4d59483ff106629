"""`python -m pipelines.validate` as people and CI use it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from params import environment
from pipelines import validate
from pipelines.deploy.synth import composition_names
from pipelines.rules._engine import all_rules

ROOT = Path(__file__).parents[3]
GOOD = ROOT / "tests" / "cases" / "definition-changes" / "base.json"


@pytest.fixture
def bad(tmp_path):
    """A definition with a misspelt step reference."""
    document = json.loads(GOOD.read_text())
    document["Steps"][1]["DependsOn"] = ["Nowhere\x01<b>"]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def environments(tmp_path, monkeypatch):
    """The environments, in a folder where a test may change them."""
    folder = tmp_path / "params" / "environments"
    folder.mkdir(parents=True)
    for path in environment.DIRECTORY.glob("*.toml"):
        (folder / path.name).write_text(path.read_text())
    monkeypatch.setattr(environment, "DIRECTORY", folder)
    monkeypatch.setattr(environment.names, "__defaults__", (folder,))
    monkeypatch.setitem(environment.load.__kwdefaults__, "directory", folder)
    return folder


def test_our_pipelines_are_valid_without_a_network(capsys):
    assert validate.main([]) == 0
    assert capsys.readouterr().out == "".join(f"{name}  valid\n" for name in composition_names())


def test_a_composition_names_the_line_that_made_the_step(capsys, monkeypatch):
    from pipelines.deploy import sources
    from pipelines.deploy.models import Place, Synthesis

    text = json.dumps(json.loads(GOOD.read_text()) | {"Extra": 1})
    found = Synthesis("tiny", "", text.replace('"DependsOn": []', '"X": 1'), (), {})
    step = json.loads(text)["Steps"][0]["Name"]
    broken = json.loads(text)
    broken["Steps"][0]["DependOn"] = []
    found = Synthesis("tiny", "", json.dumps(broken), (), {step: Place("steps/made_here.py", 12)})
    monkeypatch.setattr(sources, "cached", lambda *_, **__: found)
    monkeypatch.setattr(sources, "check_names", lambda _: None)

    assert validate.main(["tiny"]) == 2
    out = capsys.readouterr().out
    assert f"  {step}  steps/made_here.py:12\n    error E1002  /Steps/0/DependOn\n" in out
    assert "did you mean" in out.lower()

    assert validate.main(["tiny", "--format", "github"]) == 2
    assert "::error file=steps/made_here.py,line=12,title=E1002 tiny" in capsys.readouterr().out


def test_a_file_and_standard_input_are_read_alike(bad, capsys, monkeypatch):
    assert validate.main(["--file", str(bad)]) == 2
    from_file = capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bad.read_bytes())))
    assert validate.main(["--file", "-"]) == 2
    assert capsys.readouterr().out.splitlines()[1:] == from_file.splitlines()[1:]
    assert "bad  1 error" in from_file
    assert "E4002  /Steps/1/DependsOn/0\n" in from_file


def test_a_closed_standard_input_is_said_to_be_closed(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)  # what Python makes of `<&-`
    assert validate.main(["--file", "-"]) == 1
    assert capsys.readouterr().err == "error: --file -: standard input is closed\n"


def test_in_a_file_of_many_lines_the_line_is_named(bad, capsys):
    bad.write_text(json.dumps(json.loads(bad.read_text()), indent=1))
    line = next(
        number for number, text in enumerate(bad.read_text().splitlines(), 1) if "Nowhere" in text
    )
    assert validate.main(["--file", str(bad)]) == 2
    assert f"/Steps/1/DependsOn/0  line {line}\n" in capsys.readouterr().out
    assert validate.main(["--file", str(bad), "--format", "github"]) == 2
    assert f"file={bad},line={line}," in capsys.readouterr().out


def test_reports_hold_the_finding_whatever_is_in_it(bad, tmp_path, capsys):
    reports = {name: tmp_path / "out" / name for name in ("json", "junit", "sarif", "github")}
    arguments = [f"--report={name}={path}" for name, path in reports.items()]
    assert validate.main(["--file", str(bad), *arguments]) == 2
    capsys.readouterr()

    [definition] = json.loads(reports["json"].read_text())["definitions"]
    assert [(each["code"], each["file"]) for each in definition["findings"]] == [
        ("E4002", str(bad))
    ]
    suite = ET.fromstring(reports["junit"].read_text()).find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == (str(len(all_rules())), "1")
    [failure] = suite.iter("failure")
    assert "Nowhere\ufffd<b>" in failure.text
    [run] = json.loads(reports["sarif"].read_text())["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["E4002"]
    assert reports["github"].read_text().startswith("::error file=")
    assert reports["github"].read_text().count("\n") == 1


def test_a_rule_is_disabled_with_a_reason(bad, environments, capsys):
    path = environments / "local.toml"
    text = path.read_text()
    path.write_text(text.replace("[disabled_rules]", '[disabled_rules]\nE4002 = "a test"'))
    assert validate.main(["--file", str(bad)]) == 0
    assert capsys.readouterr().out == "bad  valid\n  1 finding of disabled rules not shown\n"
    assert validate.main(["--file", str(bad), "--format", "sarif"]) == 0
    [run] = json.loads(capsys.readouterr().out)["runs"]
    assert [each["suppressions"] for each in run["results"]] == [[{"kind": "external"}]]

    path.write_text(text.replace("[disabled_rules]", '[disabled_rules]\nE4002 = " "'))
    assert validate.main(["--file", str(bad)]) == 1
    assert "'disabled_rules.E4002' must be the reason" in capsys.readouterr().err
    path.write_text(text.replace("[disabled_rules]", '[disabled_rules]\nE40O2 = "x"'))
    assert validate.main(["--file", str(bad)]) == 1
    assert "there is no rule 'E40O2'; did you mean 'E4002'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--file", "no/such.json"], "--file no/such.json: No such file or directory"),
        (["house-price", "--file", "x.json"], "give pipeline names, --file or --deployed"),
        (["huose-price"], "did you mean 'house-price'?"),
        (["--env", "pord"], "did you mean 'prod'?"),
        (["--explain", "E4711"], "no such rule"),
        (["--report", "xml=x"], "must be FORMAT=FILE"),
    ],
)
def test_usage_mistakes_leave_with_1_and_one_line(arguments, says, capsys):
    assert validate.main(arguments) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_file_that_is_no_text_is_a_usage_mistake(tmp_path, capsys):
    (tmp_path / "x.json").write_bytes(b'{"a": "\xff"}')
    assert validate.main(["--file", str(tmp_path / "x.json")]) == 1
    assert "not UTF-8 text, at byte 7" in capsys.readouterr().err


def test_rules_explain_themselves(capsys):
    assert validate.main(["--explain", "e4002"]) == 0
    assert "Wrong:" in capsys.readouterr().out
    assert validate.main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(all_rules())
    assert validate.main(["--explain", "E0001"]) == 0


def test_a_definition_that_names_an_mlflow_is_valid(monkeypatch, capsys):
    arn = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-ABCDEF"
    monkeypatch.setenv("SAGEMAKER_MLFLOW", arn)
    assert validate.main(["linear-baseline"]) == 0
    assert capsys.readouterr().out == "linear-baseline  valid\n"
