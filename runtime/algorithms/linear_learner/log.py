"""The log lines of the service: what its metric regexes read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping

_HOST = "algo-1"


def say(text: str) -> None:
    """Print one line with the service's prefix: local time, level, process."""
    stamp = time.strftime("%m/%d/%Y %H:%M:%S")
    print(f"[{stamp} INFO {os.getpid()}] {text}", flush=True)


def epoch_quality(epoch: int, channel: str, objective: str, value: float) -> None:
    say(
        f"#quality_metric: host={_HOST}, epoch={epoch}, {channel} {objective} <loss>={float(value)!r}"
    )


def early_stopping(epoch: int, criterion: str, value: float) -> None:
    say(
        f"#early_stopping_criteria_metric: host={_HOST}, epoch={epoch}, criteria={criterion}, "
        f"value={float(value)!r}"
    )


def stale_epochs(epoch: int, count: int) -> None:
    """Say whether the epoch brought a better model; `count` is that of epochs without, 0 = just now."""
    if count:
        say(f"Epoch {epoch}: Loss has not improved for {count} epochs.")
    else:
        say(f"Epoch {epoch}: Loss improved. Updating best model")


def progress(done: int, epochs: int) -> None:
    say(f"#progress_metric: host={_HOST}, completed {100 * done // epochs} % of epochs")


def throughput(records_per_second: float) -> None:
    say(
        f"#throughput_metric: host={_HOST}, train throughput={records_per_second:.6f} records/second"
    )


def best_model(hyperparameters: Mapping[str, object]) -> None:
    say(f"Best model found for hyperparameters: {json.dumps(hyperparameters)}")


def final_scores(channel: str, scores: Mapping[str, float]) -> None:
    """Log a channel's scores; names ending in `loss`, `mse`, `rmse`, `objective` are losses, others scores."""
    for name, value in scores.items():
        say(f"#{channel}_score ({_HOST}) : {(name, float(value))!r}")
    for name, value in scores.items():
        kind = "loss" if name.endswith(("loss", "mse", "objective")) else "score"
        say(f"#quality_metric: host={_HOST}, {channel} {name} <{kind}>={float(value)!r}")
