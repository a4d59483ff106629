"""Tuning: ten training jobs look for the learning rate and the depth that predict best.

    python -m runtime exec -- python examples/tuning.py            # on this machine, no account
    python examples/tuning.py --bucket my-bucket --role arn:...    # on AWS

A tuning job starts ordinary training jobs, each on machines of its own and with other hyperparameters, and reads one
metric in the log of each: the objective. What the finished ones have shown decides what the next one tries.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where Python finds steps/

from examples.workspace import Workspace, run
from pipelines.deploy.text import number
from steps.algorithms.estimator import Channel, JobSettings
from steps.algorithms.ranges import ContinuousRange, IntegerRange, Range
from steps.algorithms.tune import tune
from steps.algorithms.tuner import Direction, Objective, Search, tuner
from steps.algorithms.xgboost import xgboost


def main(workspace: Workspace) -> None:
    settings = JobSettings(
        region=workspace.region,
        role_arn=workspace.role_arn,
        output_path=workspace.output,
        instance_type="ml.m5.large",
    )
    # What all ten jobs have in common.
    estimator = xgboost(
        settings,
        objective="reg:squarederror",
        eval_metric="rmse",
        num_round=300,
        early_stopping_rounds=20,
        seed=0,
    )
    # What to compare, and whether less or more of it is better. On the validation rows, because on the train rows
    # the deepest trees win always: they learn those by heart.
    objective = Objective("validation:rmse", Direction.MINIMIZE)
    # Where to look. On a logarithmic scale 0.02 to 0.04 is as wide as 0.2 to 0.4: with a learning rate the factor
    # matters, not the difference. With a depth each step matters.
    ranges: dict[str, Range] = {
        "eta": ContinuousRange(0.02, 0.4, scaling="Logarithmic"),
        "max_depth": IntegerRange(2, 9, scaling="Linear"),
    }
    # How long to look. Two at a time take half as long as one, but each starts knowing one result less: ten at a
    # time would be ten guesses. You pay for ten jobs either way. With a seed, two searches are alike.
    search = Search(max_jobs=10, max_parallel_jobs=2, strategy="Bayesian", seed=0)

    channels = {
        "train": Channel(workspace.train, content_type="text/csv"),
        "validation": Channel(workspace.validation, content_type="text/csv"),
    }
    job = tune(tuner(estimator, objective, ranges, search), channels)
    print(f"Job       {job.name}")
    tuned = job.wait()

    print("Training jobs, best first")
    for trial in tuned.trials:
        value = "no value" if trial.value is None else number(trial.value)
        print(f"  {trial.name}  {trial.status:<10}{value:>10}  {_short(trial.hyperparameters)}")
    # Chosen among ten by these rows, it looks a little better on them than it is: judge it on rows kept for that.
    best = tuned.best
    print(f"Best      {best.name}")
    print(f"          {objective.metric} {best.value}")
    for name, text in best.hyperparameters.items():
        print(f"          {name} {text}")
    print(f"Model     {best.model_uri}")


def _short(hyperparameters: Mapping[str, str]) -> str:
    return "  ".join(f"{name} {float(text):.3g}" for name, text in hyperparameters.items())


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
