"""The log lines of the service: what its metric regexes read, and its `#metrics` statistics."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence

from runtime.algorithms.linear_learner.losses import Array
from runtime.algorithms.linear_learner.stopwatch import Stopwatch

_HOST = "algo-1"


def say(text: str) -> None:
    """Print one line with the service's prefix: local time, level, process."""
    stamp = time.strftime("%m/%d/%Y %H:%M:%S")
    print(f"[{stamp} INFO {os.getpid()}] {text}", flush=True)


def metrics(started: float, values: Mapping[str, Sequence[float]], **dimensions: object) -> None:
    """Print a statistics line: sum, count, min and max of each value; `started` is a Unix time."""
    line = {
        "StartTime": started,
        "EndTime": time.time(),
        "Dimensions": {
            "Algorithm": "Linear Learner",
            "Host": _HOST,
            "Operation": "training",
            **dimensions,
        },
        "Metrics": {
            name: {"sum": sum(each), "count": len(each), "min": min(each), "max": max(each)}
            for name, each in values.items()
        },
    }
    print(f"#metrics {json.dumps(line)}", flush=True)


def records(epoch: int, rows: int, batches: int, started: float) -> None:
    """Log what an epoch read, under the names of the service's statistics."""
    counts = {
        "Total Records Seen": rows * (epoch + 1),
        "Total Batches Seen": batches * (epoch + 1),
        "Max Records Seen Between Resets": rows,
        "Max Batches Seen Between Resets": batches,
        "Reset Count": epoch + 1,
        "Number of Records Since Last Reset": rows,
        "Number of Batches Since Last Reset": batches,
    }
    values = {name: [float(count)] for name, count in counts.items()}
    metrics(started, values, Meta="training_data_iter", epoch=epoch)


def epoch_quality(epoch: int, channel: str, objective: str, losses: Array) -> None:
    """Log the mean loss of every model as a statistic, and that of model 0 for the service's regexes."""
    for model, value in enumerate(losses.tolist()):
        metrics(time.time(), {f"{channel}_{objective}": [value]}, epoch=epoch, model=model)
    say(
        f"#quality_metric: host={_HOST}, epoch={epoch}, {channel} {objective} <loss>={float(losses[0])!r}"
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


def totals(watch: Stopwatch, epochs: int) -> None:
    """Log how long the stages took, in milliseconds."""
    total = {"totaltime": [1000 * (time.time() - watch.started)]}
    metrics(watch.started, {**watch.spent, "epochs": [float(epochs)], **total})
