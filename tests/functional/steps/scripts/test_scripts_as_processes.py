"""The scripts as a container starts them: `python3 <script> <arguments>`, warnings as errors, nothing of ours to import."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import xgboost

from pipelines.deploy.sample_data import write_sample
from steps.scripts import evaluate, prepare

SCRIPTS = [Path(str(module.__file__)) for module in (prepare, evaluate)]
Completed = subprocess.CompletedProcess[str]


def run(script: Path, cwd: Path, *arguments: str) -> Completed:
    """Run a copy of the script in a foreign folder, isolated from this checkout."""
    copy = shutil.copy(script, cwd)
    command = [sys.executable, "-I", "-W", "error", copy, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def prepared(folder: Path, source: Path, label: str, seed: int = 0) -> Completed:
    options = [f"--label-column={label}", "--drop-columns=none", f"--seed={seed}"]
    return run(SCRIPTS[0], folder, f"--input={source}", f"--output={folder / 'out'}", *options)


def table(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", ndmin=2)


def trained(folder: Path) -> None:
    """Do what the steps between the scripts do: a boosted model's artifact, a linear model's scores."""
    train, features = table(folder / "out/train/train.csv"), table(
        folder / "out/features/features.csv"
    )
    settings = {"eta": 0.25, "max_depth": 6, "subsample": 0.9, "nthread": 1, "seed": 0}
    booster = xgboost.train(settings, xgboost.DMatrix(train[:, 1:], train[:, 0]), 80)
    booster.save_model(folder / "xgboost-model.ubj")
    (folder / "model").mkdir()
    with tarfile.open(folder / "model" / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "xgboost-model.ubj", "xgboost-model")
    design = np.c_[np.ones(len(train)), train[:, 1:]]
    weights = np.linalg.lstsq(design, train[:, 0], rcond=None)[0]
    scores = np.c_[np.ones(len(features)), features] @ weights
    (folder / "baseline").mkdir()
    lines = "".join(json.dumps({"score": score}) + "\n" for score in scores.tolist())
    (folder / "baseline" / "features.csv.out").write_text(lines)


def evaluated(folder: Path, threshold: float, minimum: float) -> Completed:
    arguments = [f"--model={folder / 'model'}", f"--test={folder / 'out/test'}"]
    arguments += [f"--baseline={folder / 'baseline'}", f"--output={folder / 'evaluation'}"]
    bars = [f"--rmse-threshold={threshold}", f"--minimum-improvement={minimum}"]
    return run(SCRIPTS[1], folder, *arguments, *bars)


def test_the_sample_passes_the_default_bars(tmp_path: Path) -> None:
    write_sample(tmp_path / "in" / "sales.csv")
    done = prepared(tmp_path, tmp_path / "in", "price")
    assert (done.returncode, done.stderr) == (0, "")
    assert "id: dropped, an identifier" in done.stdout
    trained(tmp_path)
    done = evaluated(tmp_path, 60000, 0.05)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert report["quality"]["passed"] is True
    assert report["quality"]["message"] in done.stdout
    assert report["regression_metrics"]["rmse"]["value"] < 50_000
    assert report["improvement"] > 0.25


def test_the_reported_error_is_that_of_the_artifact(california: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(california, tmp_path / "in")
    done = prepared(tmp_path, tmp_path / "in", "median_house_value")
    assert (done.returncode, done.stderr) == (0, "")
    trained(tmp_path)
    assert evaluated(tmp_path, 10000, 0.05).returncode == 0
    report = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    test = table(tmp_path / "out/test/test.csv")
    booster = xgboost.Booster(model_file=tmp_path / "xgboost-model.ubj")
    errors = booster.predict(xgboost.DMatrix(test[:, 1:])) - test[:, 0]
    rmse = report["regression_metrics"]["rmse"]["value"]
    assert rmse == pytest.approx(float(np.sqrt(np.mean(errors**2))))
    assert (
        rmse < 50_000 < 66_000 < report["baseline"]["regression_metrics"]["rmse"]["value"] < 74_000
    )
    assert (
        report["quality"]["message"] == f"tuned RMSE {rmse:,.0f} is not below RmseThreshold 10,000"
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=["prepare", "evaluate"])
def test_a_missing_input_ends_with_a_sentence_and_code_1(script: Path, tmp_path: Path) -> None:
    options = {
        "prepare.py": ["--input=nowhere", "--label-column=price"],
        "evaluate.py": ["--test=nowhere", "--rmse-threshold=1", "--minimum-improvement=0"],
    }
    done = run(script, tmp_path, *options[script.name])
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{script.name}: nowhere: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=["prepare", "evaluate"])
def test_the_script_stays_readable_for_the_oldest_image(script: Path) -> None:
    """Python 3.8's grammar, and only the standard library, numpy and xgboost."""
    tree = ast.parse(script.read_text(), feature_version=(3, 8))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        )
    }
    assert imported - set(sys.stdlib_module_names) <= {"numpy", "xgboost"}
