"""Folders that stand for /opt/ml of a training container."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

MINIMAL = {"num_round": "3", "objective": "reg:squarederror", "nthread": "1", "max_depth": "3"}


def table(rows: int, seed: int) -> str:
    """Labels that depend on two of three features, as CSV."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 3))
    labels = 3 * features[:, 0] - 2 * features[:, 1] + generator.normal(0, 0.1, rows)
    return "".join(
        ",".join(f"{number:.6g}" for number in (label, *row)) + "\n"
        for label, row in zip(labels, features, strict=True)
    )


Container = Callable[..., Path]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """`container(hyperparameters, files, content_type=...)` writes what a training job would find."""
    count = 0

    def build(
        hyperparameters: Mapping[str, str] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        *,
        content_type: str = "text/csv",
        channels: tuple[str, ...] = ("train", "validation"),
    ) -> Path:
        nonlocal count
        count += 1
        root = tmp_path / str(count)
        if files is None:
            files = {"train/data.csv": table(300, 1), "validation/data.csv": table(80, 2)}
        for name, content in files.items():
            path = root / "input" / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        settings = {
            "ContentType": content_type,
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        configuration = root / "input" / "config"
        configuration.mkdir(parents=True)
        (configuration / "hyperparameters.json").write_text(
            json.dumps({**MINIMAL, **(hyperparameters or {})})
        )
        (configuration / "inputdataconfig.json").write_text(
            json.dumps(dict.fromkeys(channels, settings))
        )
        return root

    return build
