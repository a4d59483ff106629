"""Tuning jobs beside a bare Optuna + XGBoost loop that does the same trials, on California housing.

    python -m benchmarks.tuning [--trials N] [--sequential N] [--seeds N] [--data FILE --label COLUMN]

1. A tuning job of N training jobs, two at a time, on a fresh state directory; then the same hyperparameters through
   `optuna.Study.optimize(n_jobs=2)` and `xgboost.train` with one thread each on matrices that are already in memory.
2. The same one after the other: from one launch to the next, less the library call of the same trial. That is all a
   training job costs: its proposal, process, log, metrics, model archive and records. Median and mean.
3. The best objective that the strategy `Bayesian` (two jobs at a time) and Optuna's default sampler (one at a time)
   find with N trials, median over the seeds.

Wall-clock seconds of one run on this machine; run it on an idle one.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import xgboost as xgb

from runtime.jobs.tuning.request import ranges_of
from runtime.jobs.tuning.search import lag_of
from runtime.runtime import Runtime, Settings
from runtime.tuning._base import Brief, Trial
from runtime.tuning.bayesian import Bayesian

BUCKET = "benchmark"
ROLE = "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
CALIFORNIA = Path(__file__).resolve().parents[2] / "shared/data/california_housing.csv"
EARLY_STOPPING = 20
# Training jobs of a block of the sequential comparison.
BLOCK = 10
STATIC = {
    "objective": "reg:squarederror",
    "eval_metric": "rmse",
    "early_stopping_rounds": str(EARLY_STOPPING),
}


def _range(name: str, low: float, high: float, scaling: str = "Auto") -> dict[str, str]:
    return {
        "Name": name,
        "MinValue": f"{low:g}",
        "MaxValue": f"{high:g}",
        "ScalingType": scaling,
    }


# Those of the pipeline house-price.
RANGES: dict[str, Any] = {
    "ContinuousParameterRanges": [
        _range("eta", 0.03, 0.2, "Logarithmic"),
        _range("min_child_weight", 1, 20, "Logarithmic"),
        _range("subsample", 0.6, 1),
        _range("colsample_bytree", 0.5, 1),
        _range("lambda", 0.1, 10, "Logarithmic"),
        _range("alpha", 0.001, 10, "Logarithmic"),
        _range("gamma", 0.001, 10, "Logarithmic"),
    ],
    "IntegerParameterRanges": [_range("max_depth", 5, 10), _range("num_round", 200, 700)],
}


@dataclass(frozen=True)
class Data:
    """Label first, numbers only; paths of CSV files without header."""

    train: Path
    validation: Path


def split(source: Path, label: str, folder: Path) -> Data:
    """Shuffle with a fixed seed, 80 % to train."""
    table = pd.get_dummies(pd.read_csv(source), dtype=float)
    table.insert(0, label, table.pop(label))
    rows = np.random.default_rng(0).permutation(len(table))
    parts = {"train": rows[: int(0.8 * len(rows))], "validation": rows[int(0.8 * len(rows)) :]}
    for name, chosen in parts.items():
        table.iloc[chosen].to_csv(folder / f"{name}.csv", header=False, index=False)
    return Data(folder / "train.csv", folder / "validation.csv")


def matrices(data: Data) -> tuple[xgb.DMatrix, xgb.DMatrix]:
    tables = (pd.read_csv(path, header=None).to_numpy() for path in (data.train, data.validation))
    train, validation = (xgb.DMatrix(table[:, 1:], table[:, 0], nthread=1) for table in tables)
    return train, validation


def bare(parameters: Mapping[str, str], train: xgb.DMatrix, validation: xgb.DMatrix) -> float:
    """The library call of one trial; its final objective as the service counts it: the last one."""
    given = {name: value for name, value in parameters.items() if name != "num_round"}
    history: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xgb.train(
            {**given, "objective": STATIC["objective"], "eval_metric": "rmse", "nthread": 1},
            train,
            int(parameters["num_round"]),
            evals=[(train, "train"), (validation, "validation")],
            early_stopping_rounds=EARLY_STOPPING,
            evals_result=history,
            verbose_eval=False,
        )
    return float(history["validation"]["rmse"][-1])


@contextmanager
def opened(data: Data, jobs: int) -> Iterator[Runtime]:
    """A runtime with the data in its bucket and its process server warm."""
    with tempfile.TemporaryDirectory() as home:
        runtime = Runtime(Path(home), Settings(job_limit=jobs, job_threads=1))
        try:
            runtime.objects.create_bucket(BUCKET)
            for name in ("train", "validation"):
                runtime.objects.put(BUCKET, f"{name}/part.csv", getattr(data, name))
            tune(runtime, "warm", 1, 1)
            yield runtime
        finally:
            runtime.close()


def tune(
    runtime: Runtime, name: str, trials: int, parallel: int, *, seed: int = 0
) -> tuple[float, list[Any]]:
    """Seconds of a tuning job, and the summaries of its training jobs in launch order."""
    began = time.perf_counter()
    runtime.api.call(
        "CreateHyperParameterTuningJob",
        {"HyperParameterTuningJobName": name, **request(trials, parallel, seed)},
    )
    runtime.jobs.wait("HyperParameterTuningJob", name)
    seconds = time.perf_counter() - began
    summaries = runtime.jobs.tuning.summaries(name)
    assert all(one["ObjectiveStatus"] == "Succeeded" for one in summaries), summaries
    return seconds, summaries


def request(trials: int, parallel: int, seed: int) -> dict[str, Any]:
    channels = [
        {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/"}
            },
        }
        for name in ("train", "validation")
    ]
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": trials,
                "MaxParallelTrainingJobs": parallel,
            },
            "ParameterRanges": RANGES,
            "RandomSeed": seed,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": STATIC,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    }


def repeat_bare(
    summaries: Sequence[Mapping[str, Any]], data: Data, workers: int
) -> tuple[float, list[float]]:
    """Seconds of an Optuna study that is told to try exactly these hyperparameters, and those of each trial."""
    train, validation = matrices(data)
    spaces = {space.name: space for space in ranges_of(RANGES)}
    study = optuna.create_study(direction="minimize")
    for entry in summaries:
        tuned = entry["TunedHyperParameters"]
        study.enqueue_trial({name: float(value) for name, value in tuned.items()})

    def objective(trial: optuna.Trial) -> float:
        chosen = {
            name: (
                str(trial.suggest_int(name, int(space.low), int(space.high)))
                if space.kind == "Integer"
                else repr(trial.suggest_float(name, space.low, space.high))
            )
            for name, space in spaces.items()
        }
        return bare(chosen, train, validation)

    began = time.perf_counter()
    study.optimize(objective, n_trials=len(summaries), n_jobs=workers)
    seconds = time.perf_counter() - began
    return seconds, [trial.duration.total_seconds() for trial in study.trials if trial.duration]


def best_of_ours(data: Data, trials: int, seed: int) -> float:
    """The strategy as a tuning job with two jobs at a time uses it, without the jobs around it."""
    train, validation = matrices(data)
    strategy = Bayesian(Brief(ranges_of(RANGES), maximize=False, seed=seed))
    known: list[Trial] = []
    for number in range(trials):
        count = max(0, number - lag_of(2) + 1)
        blind = [Trial(one.number, one.parameters) for one in known[count:]]
        parameters = strategy.suggest(known[:count], blind)
        assert parameters is not None
        known.append(Trial(number, parameters, bare(parameters, train, validation)))
    return min(one.value for one in known if one.value is not None)


def best_of_optuna(data: Data, trials: int, seed: int) -> float:
    train, validation = matrices(data)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))

    def objective(trial: optuna.Trial) -> float:
        chosen = {}
        for space in ranges_of(RANGES):
            log = space.scaling == "Logarithmic"
            if space.kind == "Integer":
                value: float = trial.suggest_int(space.name, int(space.low), int(space.high))
            else:
                value = trial.suggest_float(space.name, space.low, space.high, log=log)
            chosen[space.name] = repr(value)
        return bare(chosen, train, validation)

    study.optimize(objective, n_trials=trials)
    return study.best_value


def speed(data: Data, trials: int) -> None:
    """Two at a time: the whole tuning job against the whole loop."""
    with opened(data, 2) as runtime:
        ours, summaries = tune(runtime, "measured", trials, 2)
    reference, _ = repeat_bare(summaries, data, 2)
    print(f"{trials:>7} {2:>9} {ours:>9.1f} {reference:>9.1f} {ours / reference:>7.2f}", flush=True)


def overhead(data: Data, trials: int) -> None:
    """One at a time, in blocks in turn with the loop, so that both see the same moods of the machine."""
    costs: list[float] = []
    totals = [0.0, 0.0]
    with opened(data, 1) as runtime:
        for block in range(max(1, trials // BLOCK)):
            ours, summaries = tune(runtime, f"block-{block}", BLOCK, 1, seed=block)
            reference, each = repeat_bare(summaries, data, 1)
            totals = [totals[0] + ours, totals[1] + reference]
            # The first one waits for the data to be read.
            launches = [entry["CreationTime"] for entry in summaries][1:]
            pairs = zip(itertools.pairwise(launches), each[1:], strict=False)
            costs += [1000 * (after - before - bare) for (before, after), bare in pairs]
    line = f"{BLOCK * max(1, trials // BLOCK):>7} {1:>9} {totals[0]:>9.1f} {totals[1]:>9.1f}"
    median, mean = statistics.median(costs), statistics.mean(costs)
    print(f"{line} {totals[0] / totals[1]:>7.2f} {median:>12.0f} {mean:>8.0f}", flush=True)


def quality(data: Data, trials: int, seeds: int) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = {
            "Bayesian": pool.map_async(partial(best_of_ours, data, trials), range(seeds), 1),
            "Optuna's default": pool.map_async(
                partial(best_of_optuna, data, trials), range(seeds), 1
            ),
        }
        for name, results in found.items():
            values = results.get()
            listed = " ".join(f"{value:.0f}" for value in sorted(values))
            print(f"{name:<17} {statistics.median(values):>9.0f}   {listed}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100, help="of the tuning jobs, 0 = leave out")
    parser.add_argument("--sequential", type=int, default=60, help="one at a time, 0 = leave out")
    parser.add_argument("--seeds", type=int, default=10, help="of the comparison, 0 = leave out")
    parser.add_argument("--data", type=Path, default=CALIFORNIA, help="CSV file with a header")
    parser.add_argument("--label", default="median_house_value")
    options = parser.parse_args()
    if not options.data.is_file():
        parser.error(f"{options.data} is not there; name a CSV file with --data and its --label")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as home:
        data = split(options.data, options.label, Path(home))
        print(" trials  parallel    ours s    bare s   ratio  ms a trial: median, mean")
        if options.trials:
            speed(data, options.trials)
        if options.sequential:
            overhead(data, options.sequential)
        if options.seeds:
            print(f"\nbest validation:rmse of {options.trials} trials: median, and each seed")
            quality(data, options.trials, options.seeds)


if __name__ == "__main__":
    main()
