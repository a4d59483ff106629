"""Linear regression: one training job with LinearLearner, an algorithm built into SageMaker.

    python -m runtime exec -- python examples/linear_regression.py            # on this machine, no account
    python examples/linear_regression.py --bucket my-bucket --role arn:...    # on AWS

A training job goes through these states:

  Starting      SageMaker starts `instance_count` machines of `instance_type`, each with a disk of `volume_gb`.
  Downloading   What lies in S3 under a channel's prefix is copied to /opt/ml/input/data/<channel>.
  Training      The algorithm's container reads it and /opt/ml/input/config/hyperparameters.json, learns,
                and writes its model to /opt/ml/model.
  Uploading     /opt/ml/model becomes <output_path>/<job name>/output/model.tar.gz in S3.
  Completed     The machines are gone; data and model stay in S3. You pay for the billable seconds of each machine.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where Python finds steps/

from examples.workspace import Workspace, run
from pipelines.deploy.text import number
from steps.algorithms.estimator import Channel, JobSettings
from steps.algorithms.fit import fit
from steps.algorithms.linear_learner import linear_learner


def main(workspace: Workspace) -> None:
    settings = JobSettings(
        region=workspace.region,
        role_arn=workspace.role_arn,  # as whom the job reads and writes S3
        output_path=workspace.output,
        instance_type="ml.m5.large",
        instance_count=1,
    )
    estimator = linear_learner(
        settings,
        predictor_type="regressor",
        # What counts as a bad prediction. absolute_loss counts an error by its size, so a few mansions cannot
        # pull the line towards them: it aims at the median. squared_loss (the default) counts its square: right
        # when one large error is worse than many small ones; it aims at the mean. huber_loss squares small
        # errors only. quantile_loss aims at a quantile: with quantile=0.9, a price nine of ten houses stay below.
        loss="absolute_loss",
        # How the weights are found. An epoch is one pass over the rows; it stops earlier when the loss no longer
        # improves. The learning rate is the length of a step: too long and the loss jumps about, too short and
        # the epochs end on the way. adam adapts the step to each weight, sgd takes the same for all.
        optimizer="adam",
        learning_rate=0.1,
        epochs=30,
        # What keeps weights small, so that noise is not learned. wd (weight decay, L2) makes all of them smaller;
        # l1 makes those of useless features exactly 0. With far more rows than features little is needed.
        wd=0.0001,
        l1=0.0,
        # Mean 0 and deviation 1 for every feature and for the label: an area is in the thousands, bathrooms are
        # two or three, and one learning rate and one penalty have to suit both. Predictions stay in dollars.
        normalize_data=True,
        normalize_label=True,
    )

    job = fit(estimator, {"train": Channel(workspace.train, content_type="text/csv")})
    print(f"Job       {job.name}")
    trained = job.wait()

    print(f"Model     {trained.model_uri}")
    print(f"Billable  {trained.billable_seconds} s of {settings.instance_type}")
    # Measured on the rows it learned from, for there is one channel only; any_image.py has another. rmse and
    # absolute_loss are in dollars; objective_loss is the last epoch's loss on the normalised label.
    print("Metrics")
    for name, value in sorted(trained.metrics.items()):
        print(f"  {name:<28}{number(value):>16}")


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
