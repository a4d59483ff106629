"""Tuning: ten training jobs look for the learning rate and the depth that predict best.

    python -m runtime exec -- python examples/tuning.py            # on this machine, no account
    python examples/tuning.py --bucket my-bucket --role arn:...    # on AWS

A tuning job starts ordinary training jobs with different hyperparameters, on instances of their own, and reads one
metric from the log of each: the objective. What the jobs before have shown decides what the next one tries.
"""

import sys
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
    # What to look at, and whether less or more of it is better. It is measured on the validation rows: on the
    # train rows the deepest trees would always win, because they learn those by heart.
    objective = Objective("validation:rmse", Direction.MINIMIZE)
    # Where to look. On a logarithmic scale 0.01 to 0.1 gets as many tries as 0.1 to 1: for a learning rate it is
    # the factor that matters, not the difference. Depths are counted one by one.
    ranges: dict[str, Range] = {
        "eta": ContinuousRange(0.02, 0.4, scaling="Logarithmic"),
        "max_depth": IntegerRange(2, 9, scaling="Linear"),
    }
    # How long to look. Two jobs at a time take half as long as one, but each starts knowing one result less:
    # ten at once would be ten guesses. The seed makes the search repeatable, on AWS nearly so.
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
        chosen = "  ".join(f"{name} {text[:6]}" for name, text in trial.hyperparameters.items())
        print(f"  {trial.name}  {trial.status:<10}{value:>10}  {chosen}")

    best = tuned.best
    print(f"Best      {best.name}")
    print(f"          {objective.metric} {best.value}")
    for name, text in best.hyperparameters.items():
        print(f"          {name} {text}")
    print(f"Model     {best.model_uri}")
    # The best of ten was chosen by these rows, so it is a little too good on them: judge it on rows kept for that.


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
