from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import synth
from pipelines.deploy.errors import UsageError
from pipelines.deploy.synth import composition_names

ROOT = Path(__file__).parents[2]
PACKAGES = ("params", "pipelines", "steps")


def run(*arguments, cwd=ROOT, checkout=ROOT, **variables):
    """Run the command in a process of its own, with nothing of AWS configured."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.synth", *map(str, arguments)],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout), **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("plain")
    return out, run("--out", out, PYTHONHASHSEED="0")


def test_it_writes_definition_and_assets_of_every_pipeline_and_says_so(written):
    out, result = written
    assert (result.returncode, result.stderr) == (0, "")
    files = [
        f"{name}/{file}"
        for name in composition_names()
        for file in ("definition.json", "assets.json")
    ]
    assert result.stdout.splitlines() == [str(out / file) for file in files]
    assert sorted(tree(out)) == sorted(files)
    [evaluate, prepare] = sorted(
        json.loads((out / "house-price" / "assets.json").read_text()), key=lambda a: a["file"]
    )
    assert (evaluate["file"], prepare["file"]) == (
        "steps/scripts/evaluate.py",
        "steps/scripts/prepare.py",
    )


def test_another_machine_writes_the_same_bytes(written, tmp_path):
    """Hash seed, working directory, checkout, HOME with AWS and SDK settings, time zone, locale."""
    home, cwd, checkout = tmp_path / "home", tmp_path / "elsewhere", tmp_path / "checkout"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text("[default]\nregion = ap-south-2\n")
    (home / ".config" / "sagemaker").mkdir(parents=True)
    (home / ".config" / "sagemaker" / "config.yaml").write_text(
        "SchemaVersion: '1.0'\n"
        "SageMaker:\n  TrainingJob:\n    EnableNetworkIsolation: true\n"
        "    Tags:\n    - Key: leaked\n      Value: 'yes'\n"
    )
    cwd.mkdir()
    (cwd / ".sagemaker-code-config").write_text('{"sagemakerProjectName": "leaked"}')
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    result = run(
        *("--out", tmp_path / "out"),
        cwd=cwd,
        checkout=checkout,
        HOME=str(home),
        PYTHONHASHSEED="4242",
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
        AWS_PROFILE="nobody",
        AWS_ENDPOINT_URL="no URL at all",
        AWS_CA_BUNDLE="/no/such/file",
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert tree(tmp_path / "out") == tree(written[0])


def test_an_unknown_name_is_a_usage_error(capsys, tmp_path):
    assert synth.main(["linear-basline", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "error: no pipeline 'linear-basline'; did you mean 'linear-baseline'?\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_environment_is_one_line_and_debug_shows_where(capsys):
    assert synth.main(["--env", "lokal"]) == 2
    error = capsys.readouterr().err
    assert error == "error: --env: there is no environment 'lokal'; did you mean 'local'?\n"
    with pytest.raises(UsageError, match="lokal"):
        synth.main(["--env", "lokal", "--debug"])


def test_a_directory_that_cannot_be_written_is_named(capsys, tmp_path):
    (tmp_path / "file").touch()
    assert synth.main(["linear-baseline", "--out", str(tmp_path / "file")]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: --out {tmp_path / 'file'}: cannot write ")
    assert error.endswith("choose another directory\n")
