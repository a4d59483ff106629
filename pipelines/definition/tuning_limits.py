"""What the service allows of a tuning job (developer guide: quotas, and how Hyperband finds its resource)."""

from __future__ import annotations

MOST_RANGES = 30
# Static and tuned ones of a training job, the objective's name that tuning adds among them.
MOST_HYPERPARAMETERS = 100
MOST_JOBS = 750
MOST_RANDOM_JOBS = 10_000
MOST_PARALLEL_JOBS = 100
DEFAULT_PARALLEL_JOBS = 10
# Hyperband's MaxResource, and the static hyperparameters where it is looked for when the request does not say it.
MOST_EPOCHS = 20_000
EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
