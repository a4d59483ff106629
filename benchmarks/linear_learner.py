"""How fast LinearLearner trains, and how near to the optimum it ends: python -m benchmarks.linear_learner

A whole training job in a process of its own: 1,000,000 rows of 50 features on disk, 15 epochs (early stopping off), 32
models, once from CSV and once from RecordIO. Beside it, on the same rows: the matrix products alone that 15 epochs of 32
models need, and scikit-learn's SGDRegressor or SGDClassifier, one model timed and counted 32 times. Wall time and CPU
time (user + system) of each; when others use the machine only the second means something.

    --rows N --loss NAME --formats csv recordio --repeat N    the smallest of N runs counts
    --accuracy                                               only the table of distances from the exact optimum
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor
from threadpoolctl import threadpool_limits

from benchmarks.linear_learner_accuracy import print_accuracy
from pipelines.definition.algorithms.linear_learner import BINARY, LOSSES, MULTICLASS, REGRESSOR

FEATURES, EPOCHS, MODELS, BATCH = 50, 15, 32, 1000
TYPES = {"csv": "text/csv", "recordio": "application/x-recordio-protobuf"}
TRAIN = """
import sys
from pathlib import Path
from runtime.algorithms.linear_learner.training import train
train(Path(sys.argv[1]))
"""
STAGES = {
    "reading": ("initialize.time",),
    "epochs": ("update.time", "check_early_stopping.time"),
    "finish": ("finalize.time",),
}
Seconds = tuple[float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--loss", default="squared_loss")
    parser.add_argument("--formats", nargs="+", choices=TYPES, default=list(TYPES))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    if not options.accuracy:
        print_speed(options)
    print_accuracy()


def print_speed(options: argparse.Namespace) -> None:
    kind = next(kind for kind, losses in LOSSES.items() if options.loss in losses)
    features, labels = table(options.rows, kind)
    print(f"{options.rows} rows x {FEATURES}, {EPOCHS} epochs, {MODELS} models, {options.loss}")
    print(f"{'':34}{'wall s':>9}{'CPU s':>9}")
    jobs = {}
    for name in options.formats:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write_job(root, name, {"predictor_type": kind, "loss": options.loss}, features, labels)
            runs = [job(root) for _ in range(options.repeat)]
        seconds, stages = min(runs, key=lambda run: run[0][1])
        jobs[name] = seconds
        print_row(f"whole job from {name}", seconds)
        for stage, wall in stages.items():
            print(f"    {stage:30}{wall:9.2f}")
    floors = {
        f"products of {EPOCHS} epochs, {MODELS} models": timed(lambda: products(features)),
        f"scikit-learn's SGD x {MODELS}": scaled(
            timed(lambda: sgd(features, labels, kind)), MODELS
        ),
    }
    for name, seconds in floors.items():
        print_row(name, seconds)
    for name, seconds in jobs.items():
        for floor, (_, cpu) in floors.items():
            print(f"whole job from {name}: {seconds[1] / cpu:.2f} x the CPU time of {floor}")


def table(rows: int, kind: str) -> tuple[Any, Any]:
    """Float32 features of different scales, correlated, and noisy labels."""
    random = np.random.default_rng(0)
    features = random.normal(size=(rows, FEATURES)).astype(np.float32)
    features[:, 1:] += 0.5 * features[:, :-1]
    score = features @ random.normal(size=(FEATURES, 4)) / np.sqrt(FEATURES)
    if kind == MULTICLASS:
        labels = (score + random.gumbel(size=score.shape)).argmax(axis=1)
    elif kind == BINARY:
        labels = score[:, 0] + random.logistic(size=rows) > 0
    else:
        labels = score[:, 0] + random.normal(size=rows)
    features *= 10.0 ** np.linspace(-2, 3, FEATURES).astype(np.float32)
    return features, labels.astype(np.float32)


def write_job(root: Path, name: str, chosen: dict[str, str], features: Any, labels: Any) -> None:
    config, channel = root / "input/config", root / "input/data/train"
    config.mkdir(parents=True)
    channel.mkdir(parents=True)
    hyperparameters = {
        **chosen,
        "epochs": str(EPOCHS),
        "num_models": str(MODELS),
        "early_stopping_patience": str(EPOCHS + 1),
        "mini_batch_size": str(BATCH),
        "num_classes": "4" if chosen["predictor_type"] == MULTICLASS else "1",
    }
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    (config / "inputdataconfig.json").write_text(
        json.dumps({"train": {"ContentType": TYPES[name]}})
    )
    {"csv": write_csv, "recordio": write_recordio}[name](channel / "part-0", features, labels)


def write_csv(path: Path, features: Any, labels: Any) -> None:
    import pyarrow as pa
    from pyarrow import csv

    columns = [pa.array(labels), *map(pa.array, np.ascontiguousarray(features.T))]
    written = pa.table(columns, names=[str(number) for number in range(len(columns))])
    csv.write_csv(written, path, csv.WriteOptions(include_header=False))


def write_recordio(path: Path, features: Any, labels: Any) -> None:
    """Every record has the same lengths: one is built, the numbers of all are laid over it."""
    inner = b"".join(
        message(field, message(1, b"values") + message(2, message(2, message(1, b"\0" * size))))
        for field, size in ((1, 4 * FEATURES), (2, 4))
    )
    frame = struct.pack("<II", 0xCED7230A, len(inner)) + inner + b"\0" * (-len(inner) % 4)
    records = np.tile(np.frombuffer(frame, dtype=np.uint8), (len(features), 1))
    first = len(frame) - len(frame[8 + len(inner) :])
    records[:, first - 4 : first] = labels[:, None].view(np.uint8)
    at = frame.index(b"\0" * (4 * FEATURES))
    records[:, at : at + 4 * FEATURES] = features.view(np.uint8)
    records.tofile(path)


def message(field: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([field << 3 | 2]) + length + content


def job(root: Path) -> tuple[Seconds, dict[str, float]]:
    """Seconds of a training job in a new process, and wall seconds of its stages."""
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(root)], capture_output=True, text=True, check=True
    )
    wall, after = time.perf_counter() - began, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    last = [line for line in done.stdout.splitlines() if line.startswith("#metrics ")][-1]
    spent = json.loads(last.removeprefix("#metrics "))["Metrics"]
    stages = {
        stage: sum(spent[name]["sum"] for name in names) / 1000 for stage, names in STAGES.items()
    }
    return (wall, cpu), stages


def products(features: Any) -> None:
    """What no implementation can do without: predictions and gradients of every batch, in double precision."""
    matrix = features.astype(np.float64)
    weights = np.zeros((FEATURES, MODELS))
    with threadpool_limits(1, user_api="blas"):
        for _ in range(EPOCHS):
            for start in range(0, len(matrix), BATCH):
                batch = matrix[start : start + BATCH]
                weights = 0.5 * weights + 1e-9 * (batch.T @ (batch @ weights))


def sgd(features: Any, labels: Any, kind: str) -> None:
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    model = SGDRegressor() if kind == REGRESSOR else SGDClassifier(loss="log_loss")
    model.set_params(max_iter=EPOCHS, tol=None, random_state=0).fit(scaled, labels)


def timed(work: Callable[[], None]) -> Seconds:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def scaled(seconds: Seconds, times: int) -> Seconds:
    return seconds[0] * times, seconds[1] * times


def print_row(name: str, seconds: Seconds) -> None:
    print(f"{name:34}{seconds[0]:9.2f}{seconds[1]:9.2f}")


if __name__ == "__main__":
    main()
