"""A training job of LinearLearner without a runtime around it: files in, log and model out."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipelines.definition.algorithms.linear_learner import LinearLearner
from runtime.images._base import Predictor
from runtime.images.linear_learner import LinearLearnerImage


@dataclass(frozen=True)
class Trained:
    root: Path
    log: str

    @property
    def metrics(self) -> dict[str, float]:
        """Last value of each metric that the service's regexes find in the log."""
        found = {}
        for metric in LinearLearner.metrics:
            values = re.findall(metric.regex, self.log)
            if values:
                found[metric.name] = float(values[-1])
        return found

    def predictor(self) -> Predictor:
        return LinearLearnerImage().predictor(self.root / "model", {})

    def predict(self, features: np.ndarray) -> np.ndarray:
        body = "\n".join(",".join(map(repr, row)) for row in features.tolist()).encode()
        answer, _ = self.predictor().predict(body, "text/csv", "application/json")
        return np.array([row["score"] for row in json.loads(answer)["predictions"]])


Channels = Mapping[str, np.ndarray | str | bytes | Mapping[str, str]]


@pytest.fixture
def fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[Channels, Mapping[str, str]], Trained]:
    """Train on channels: a table (label first), the text of a CSV file, or texts by file name."""
    count = iter(range(1000))

    def run(
        channels: Channels, hyperparameters: Mapping[str, str], content_type: str = "text/csv"
    ) -> Trained:
        root = tmp_path / f"job-{next(count)}"
        config = root / "input" / "config"
        config.mkdir(parents=True)
        (config / "hyperparameters.json").write_text(json.dumps(dict(hyperparameters)))
        (config / "inputdataconfig.json").write_text(
            json.dumps({name: {"ContentType": content_type} for name in channels})
        )
        for name, content in channels.items():
            _write(root / "input" / "data" / name, content)
        capsys.readouterr()
        LinearLearnerImage().train(root)
        return Trained(root, capsys.readouterr().out)

    return run


@pytest.fixture(scope="session")
def california_table(california: Path) -> np.ndarray:
    """Label first, medians imputed, the category one-hot: shuffled with a fixed seed."""
    with california.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    label, category = "median_house_value", "ocean_proximity"
    names = [name for name in rows[0] if name not in (label, category)]
    numbers = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    numbers = np.where(np.isnan(numbers), np.nanmedian(numbers, axis=0), numbers)
    kinds = sorted({row[category] for row in rows})
    hot = np.array([[float(row[category] == kind) for kind in kinds] for row in rows])
    table = np.hstack([[[float(row[label])] for row in rows], numbers, hot])
    return np.random.default_rng(0).permutation(table)


def _write(folder: Path, content: np.ndarray | str | bytes | Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    if isinstance(content, Mapping):
        for name, text in content.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    elif isinstance(content, np.ndarray):
        np.savetxt(folder / "data.csv", content, delimiter=",", fmt="%.17g")
    else:
        data = content.encode() if isinstance(content, str) else content
        (folder / "data.csv").write_bytes(data)
