"""Reports on executions that really ran."""

from __future__ import annotations

import json
import shutil
import stat

import pytest

from params.environment import load
from pipelines import report, run

WRITES = """
import json, pathlib
out = pathlib.Path("/opt/ml/processing/output/evaluation")
out.mkdir(parents=True, exist_ok=True)
metrics = {"rmse": {"value": 3.0, "standard_deviation": 0.1}}
base = {"rmse": {"value": 5.0, "standard_deviation": 0.2}}
tenths = [
    {"labels": [low, low + 9], "rows": 9, "mae": 2.0, "error_percentiles": [-4, -1, 0, 2, 5]}
    for low in range(0, 100, 10)
]
errors = {"error_percentiles": list(range(-10, 11)), "error_by_decile": tenths}
document = {"regression_metrics": metrics, "baseline": {"regression_metrics": base, **errors},
            "improvement": 0.4, "improvement_interval": [0.3, 0.5], **errors,
            "feature_importance": {"f0": 0.75, "f1": 0.25},
            "quality": {"passed": False, "message": "rmse 3 is not below 2"}}
(out / "evaluation.json").write_text(json.dumps(document))
print("rows: 10")
"""
FAILS = "import sys; sys.exit('<script>alert(1)</script> is no column')"


@pytest.fixture
def evaluated(account, wait_for):
    """The ARN of an execution with an evaluation."""
    step = account.script("Evaluate", WRITES)
    step["PropertyFiles"] = [
        {"PropertyFileName": "R", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    ]
    output = {
        "S3Uri": "s3://test-bucket/reported/evaluation",
        "LocalPath": "/opt/ml/processing/output/evaluation",
        "S3UploadMode": "EndOfJob",
    }
    step["Arguments"]["ProcessingOutputConfig"] = {
        "Outputs": [{"OutputName": "evaluation", "S3Output": output}]
    }
    parameter = {"Name": "Seed", "Type": "Integer", "DefaultValue": 3}
    account.deploy("reported", step, parameters=[parameter])
    arn = account.start("reported", Seed="7")
    assert account.ended(arn, wait_for) == "Succeeded"
    return arn


def test_a_report_is_one_file(evaluated, own_opt_ml, tmp_path, capsys):
    path = tmp_path / "new" / "report.html"
    assert report.main([evaluated, "--out", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    text = path.read_text(encoding="utf-8")
    assert "with 95 % confidence 30.0% to 50.0%" in text
    assert 'id="errors"' in text
    assert "<code>7</code>" in text
    assert "Free: it ran on this machine" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]


def test_markdown_goes_to_stdout(evaluated, own_opt_ml, capsys):
    assert report.main(["reported", "--markdown"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("### ✅ reported succeeded after")
    assert "| rmse | 3.00 ± 0.1000 | 5.00 ± 0.2000 |" in text
    assert "| Seed | `7` | given |" in text


def test_json_says_where_the_report_is(evaluated, own_opt_ml, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert report.main([evaluated, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["arn"] == evaluated
    assert (tmp_path / document["path"]).is_file()
    assert document["path"] == f"reported-{evaluated.rpartition('/')[2]}.html"


def test_a_run_leaves_a_report_and_says_where(account, served_directory, capsys):
    account.deploy("breaking", account.script("Breaks", FAILS))
    assert run.main(["breaking"]) == 1
    out = capsys.readouterr().out
    [path] = (served_directory[0] / "reports").glob("breaking-*.html")
    assert f"Report  {path}" in out
    text = path.read_text(encoding="utf-8")
    assert "What failed and why" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is no column" in text
    assert "<script>" not in text


def test_a_report_that_cannot_be_written_changes_nothing_of_the_run(
    account, served_directory, capsys, monkeypatch
):
    monkeypatch.setattr("pipelines.deploy.tracking.afterwards.DIRECTORY", "state.db/reports")
    account.deploy("quick", account.script("Quick", "print('rows: 1')"))
    assert run.main(["quick"]) == 0
    assert "cannot be written" in capsys.readouterr().out


@pytest.fixture(scope="module")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_in_a_browser(browser, evaluated, own_opt_ml, tmp_path, scheme, width):
    """No request, nothing in the console, nothing wider than the window, and nothing that axe finds."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    path = tmp_path / "report.html"
    assert report.main([evaluated, "--out", str(path)]) == 0
    # Axe is a script: only for it the page's own policy is put aside.
    window = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = window.new_page()
    page.set_default_timeout(60_000)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert (asked, said) == ([path.as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    window.close()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 2, "no pipeline 'nowhere'"),
        (["reported", "--out", "/dev/null/x.html"], 1, "/dev/null/x.html cannot be written"),
        (["arn:aws:s3:::x"], 2, "is no execution"),
        ([], 2, "required: EXECUTION"),
    ],
)
def test_mistakes_are_told_in_one_line(evaluated, own_opt_ml, arguments, code, said, capsys):
    try:
        found = report.main(arguments)
    except SystemExit as left:
        found = left.code
    error = capsys.readouterr().err
    assert found == code
    assert said in error
    assert len(error.splitlines()) == 1


def test_the_default_environment_tracks_nothing():
    assert load("local").mlflow == "off"
