"""Linear regression: one training job with LinearLearner, an algorithm built into SageMaker.

    python -m runtime exec -- python examples/linear_regression.py            # on this machine, no account
    python examples/linear_regression.py --bucket my-bucket --role arn:...    # on AWS

What a training job does, as the states it prints:

  Starting      SageMaker starts `instance_count` instances of `instance_type`, each with a disk of `volume_gb`,
                and pulls the algorithm's container image.
  Downloading   It copies what lies in S3 under a channel's prefix to /opt/ml/input/data/<channel>.
  Training      The container reads the data and /opt/ml/input/config/hyperparameters.json, learns,
                and writes its model to /opt/ml/model.
  Uploading     /opt/ml/model becomes <output_path>/<job name>/output/model.tar.gz in S3.
  Completed     The instances are gone. You pay for the billable seconds of each; data and model stay in S3.
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
        # pull the line towards them; the prediction is a median. squared_loss (the default) squares it: right
        # when large errors are much worse than small ones; the prediction is a mean. huber_loss is squared for
        # small errors and absolute for large ones. quantile_loss predicts a quantile: with quantile=0.9 a
        # price that nine of ten houses stay below.
        loss="absolute_loss",
        # How it looks for the weights. An epoch is one pass over the rows; it stops earlier when the loss no
        # longer improves. The learning rate is the length of a step: too long and the loss jumps about, too
        # short and the epochs end before it is down. adam adapts the step to each weight; sgd does not.
        optimizer="adam",
        learning_rate=0.1,
        epochs=30,
        # What keeps weights small, against learning the noise. wd (weight decay, L2) makes all of them smaller;
        # l1 makes those of useless features exactly 0. With far more rows than features little of it is needed.
        wd=0.0001,
        l1=0.0,
        # Mean 0 and deviation 1 for every feature and the label: square feet are thousands and bathrooms are
        # two or three, yet one learning rate and one penalty have to suit both. Predictions are in dollars still.
        normalize_data=True,
        normalize_label=True,
    )

    job = fit(estimator, {"train": Channel(workspace.train, content_type="text/csv")})
    print(f"Job       {job.name}")
    trained = job.wait()

    print(f"Model     {trained.model_uri}")
    print(f"Billable  {trained.billable_seconds} s of {settings.instance_type}")
    # There is one channel, so these are measured on the rows it learned from: examples/any_image.py adds another.
    print("Metrics")
    for name, value in sorted(trained.metrics.items()):
        print(f"  {name:<28}{number(value):>16}")


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
