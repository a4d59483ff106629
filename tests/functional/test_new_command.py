"""`python -m pipelines.new` in a copy of the checkout: what it writes passes everything that our own files pass."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("params", "pipelines", "steps", "runtime", "examples", "pyproject.toml", "tests/conftest.py")  # fmt: skip
BIN = Path(sys.executable).parent
WRITTEN = [
    "pipelines/compositions/quite_new.py",
    "params/quite_new.py",
    "tests/unit/compositions/test_quite_new.py",
]
ENVIRONMENTS = [f"params/environments/{name}.toml" for name in ("dev", "local", "prod")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".outputs")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / "tests" / "unit").mkdir()
    return folder


def run(checkout, *words):
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout)},
        capture_output=True,
        text=True,
    )


def succeed(checkout, *words):
    done = run(checkout, *words)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def printed(checkout):
    """What the command says; the new pipeline is there."""
    return succeed(checkout, "pipelines.new", "quite-new")


def test_it_says_what_it_wrote_and_what_to_do_next(printed):
    assert printed.splitlines() == [
        *(f"created  {name}" for name in WRITTEN),
        *(f"extended {name}" for name in ENVIRONMENTS),
        "",
        "Run it:   python -m pipelines.upsert quite-new --start --wait",
        f"Test it:  python -m pytest {WRITTEN[-1]}",
    ]


def test_it_composes_and_no_rule_objects(checkout, printed, tmp_path):
    succeed(checkout, "pipelines.synth", "quite-new", "--out", str(tmp_path))
    assert (tmp_path / "quite-new" / "definition.json").exists()
    assert succeed(checkout, "pipelines.validate", "quite-new", "--fail-on", "info") == (
        "quite-new  valid\n"
    )


def test_its_test_passes(checkout, printed):
    assert " passed" in succeed(checkout, "pytest", "-p", "no:cacheprovider", WRITTEN[-1])


def test_its_test_fails_when_the_pipeline_registers_anything(checkout, printed):
    composition = checkout / WRITTEN[0]
    text = composition.read_text()
    composition.write_text(text.replace("if_steps=[register", "else_steps=[register", 1).replace(
        "else_steps=[quality", "if_steps=[quality", 1
    ))  # fmt: skip
    assert run(checkout, "pytest", "-p", "no:cacheprovider", WRITTEN[-1]).returncode == 1
    composition.write_text(text)


def test_it_runs_at_once(checkout, printed):
    start = ("pipelines.upsert", "quite-new", "--start", "--wait", "--json", "--rows", "400")
    [pipeline] = json.loads(succeed(checkout, *start))["pipelines"]
    assert pipeline["execution"]["status"] == "Succeeded"
    assert {each["name"]: each["status"] for each in pipeline["steps"]} == {
        "Prepare": "Succeeded",
        "TrainLinear": "Succeeded",
        "CheckQuality": "Succeeded",
        "QualityTooLow": "NotRun",
        "Register": "Succeeded",
    }


@pytest.mark.parametrize(
    "gate",
    [
        ("black", "--check", *WRITTEN),
        ("ruff", "check", "--no-cache", *WRITTEN),
        ("mypy", *WRITTEN[:2]),
        ("lint-imports", "--no-cache"),
    ],
    ids=lambda words: words[0],
)
def test_the_gate_lets_it_pass(checkout, printed, gate):
    program, *words = gate
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout)}
    done = subprocess.run(
        [BIN / program, *words], cwd=checkout, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quite-new", "'quite-new' is taken, choose another name: 6 problems"),
        ("house-price", "pipelines/compositions/house_price.py exists"),
        ("baseline", "'baseline' is taken, choose another name: params/baseline.py exists"),
        ("Quite_New", "allowed: a letter, then lower-case letters, digits and single hyphens"),
        ("import", "Python keeps the word"),
    ],
)
def test_a_name_that_cannot_be_changes_nothing(checkout, printed, name, said):
    def contents():
        return {path: path.read_bytes() for path in checkout.rglob("*.[pt][yo]*") if path.is_file()}

    before = contents()
    done = run(checkout, "pipelines.new", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert contents() == before
