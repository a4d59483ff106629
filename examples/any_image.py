"""Any container image as an estimator: here XGBoost's, found by region and version.

    python -m runtime exec -- python examples/any_image.py            # on this machine, no account
    python examples/any_image.py --bucket my-bucket --role arn:...    # on AWS

A training job runs a container image. An algorithm "built into SageMaker" is an image that AWS keeps in a registry of
each region. For an image of your own two things change: its URI, and the hyperparameters that it understands. Like
every training container it finds its data in /opt/ml/input/data/<channel> and leaves its model in /opt/ml/model.
(This machine has no containers: there `images.toml` says what stands for your image, see runtime/README.md.)
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where Python finds steps/

from examples.workspace import Workspace, run
from pipelines.deploy.text import number
from steps.algorithms.estimator import Channel, JobSettings, estimator
from steps.algorithms.fit import fit
from steps.algorithms.images import image_uri


def main(workspace: Workspace) -> None:
    # The version is part of the URI, so the same program trains with the same XGBoost next year.
    image = image_uri("xgboost", workspace.region, version="3.0-5")
    print(f"Image     {image}")

    settings = JobSettings(
        region=workspace.region,
        role_arn=workspace.role_arn,
        output_path=workspace.output,
        instance_type="ml.m5.large",
    )
    boosted = estimator(
        settings,
        image,
        {
            # The loss. reg:absoluteerror is less impressed by a few very expensive houses.
            "objective": "reg:squarederror",
            "eval_metric": "rmse",  # what is reported after each round, in dollars
            # Each round adds a tree that corrects the sum of those before it, eta of the way. A smaller eta
            # needs more rounds. Rounds end early when the validation rows have not improved for 20 of them.
            "num_round": 300,
            "eta": 0.1,
            "early_stopping_rounds": 20,
            # Against learning the noise: trees that are not deep, and small values in their leaves (lambda is
            # L2, alpha is L1). Trees only compare a feature with a threshold: nothing needs to be normalised.
            "max_depth": 6,
            "lambda": 1.0,
            "alpha": 0.0,
            "seed": 0,
        },
        # An image of your own says here how its metrics look in the log, such as {"rmse": r"rmse=(\S+)"}.
        # A built-in algorithm's are known to SageMaker.
        metric_definitions=None,
    )

    # No tree is learned from the validation rows: their error tells how it does on houses it has not seen.
    channels = {
        "train": Channel(workspace.train, content_type="text/csv"),
        "validation": Channel(workspace.validation, content_type="text/csv"),
    }
    job = fit(boosted, channels)
    print(f"Job       {job.name}")
    trained = job.wait()

    print(f"Model     {trained.model_uri}")
    print(f"Billable  {trained.billable_seconds} s of {settings.instance_type}")
    # Of the last round. A train error far below the validation error means that noise was learned.
    print("Metrics")
    for name, value in sorted(trained.metrics.items()):
        print(f"  {name:<28}{number(value):>16}")


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
