"""Compare the tuned XGBoost model with the baseline's predictions on the test rows; write evaluation.json.

Runs in AWS's sagemaker-xgboost image as it runs here: Python 3.8 or later, numpy, xgboost, nothing of this project.
The baseline's model file cannot be opened by a script, so a batch transform's output stands for it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import math
import sys
import tarfile
import zlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import xgboost

# The service shows its first KB as the job's ExitMessage.
MESSAGE_FILE = Path("/opt/ml/output/message")
MODEL_FILE = "xgboost-model"
LARGEST_MODEL = 1 << 30  # bytes unpacked; a gzip bomb grows a thousandfold
RESAMPLES = 200
Metrics = Dict[str, Dict[str, float]]


class Unusable(Exception):
    """An input cannot be used: one sentence with the place, the finding and the remedy."""

    def __init__(self, where: str, found: str, remedy: str) -> None:
        super().__init__(f"{where}: {found}; {remedy}")


def _files(folder: Path, suffix: str) -> List[Path]:
    """The data files below the folder, in the order of their names."""
    named = [path for path in sorted(folder.rglob(f"*{suffix}")) if path.is_file()]
    found = [path for path in named if path.name[0] not in "._"]
    if not found:
        raise Unusable(str(folder), f"holds no file *{suffix}", "check this step's inputs")
    return found


# ---- the test rows


def read_rows(folder: Path) -> np.ndarray:
    """The test rows, label first."""
    rows: List[List[float]] = []
    for path in _files(folder, ".csv"):
        for number, line in enumerate(_text(path).splitlines(), 1):
            rows.append(_row(line, f"{path.name}, line {number}"))
            if len(rows[-1]) != len(rows[0]):
                found = f"found {len(rows[-1])} fields where the first row has {len(rows[0])}"
                raise Unusable(f"{path.name}, line {number}", found, "all rows need as many")
    if len(rows) < 2 or len(rows[0]) < 2:
        found = f"found {len(rows)} rows of {len(rows[0]) if rows else 0} fields"
        raise Unusable(str(folder), found, "a label, a feature and 2 rows are the least")
    return np.array(rows)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unusable(
            path.name, f"is no UTF-8 text at byte {error.start}", "write it again"
        ) from None


def _row(line: str, place: str) -> List[float]:
    try:
        row = [float(field) for field in line.split(",")]
    except ValueError as error:
        raise Unusable(place, str(error), "only numbers are allowed, without a header") from None
    if not all(map(math.isfinite, row)):
        raise Unusable(place, "holds a number that is not finite", "only finite ones are allowed")
    return row


# ---- the baseline's predictions


def read_scores(folder: Path) -> np.ndarray:
    """The baseline's score of each row, from a batch transform's output in JSON lines or JSON."""
    scores: List[float] = []
    for path in _files(folder, ".out"):
        text, position = _text(path).lstrip(), 0
        while position < len(text):
            document, position = _document(text, position, path.name)
            for record in _records(document):
                scores.append(_score(record, f"{path.name}, prediction {len(scores) + 1}"))
    return np.array(scores)


def _document(text: str, position: int, name: str) -> Tuple[Any, int]:
    """Decode one of several JSON documents that follow each other; give the start of the next."""
    try:
        document, end = json.JSONDecoder().raw_decode(text, position)
    except (ValueError, RecursionError):
        line = text.count("\n", 0, position) + 1
        found = f"found {text[position:position + 40]!r}, which is no JSON"
        raise Unusable(f"{name}, line {line}", found, "run the transform again") from None
    while end < len(text) and text[end].isspace():
        end += 1
    return document, end


def _records(document: Any) -> List[Any]:
    several = isinstance(document, dict) and isinstance(document.get("predictions"), list)
    return list(document["predictions"]) if several else [document]


def _score(record: Any, place: str) -> float:
    score = record.get("score") if isinstance(record, dict) else None
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        found = f"found {json.dumps(record)[:60]}"
        raise Unusable(place, found, 'a regressor answers {"score": <number>} for every row')
    # An integer beyond the range of floats compares, but does not convert.
    if not abs(score) < sys.float_info.max:
        raise Unusable(place, f"the score {score!s:.40} is not finite", "train the baseline again")
    return float(score)


# ---- the tuned model's predictions


def read_model(folder: Path) -> xgboost.Booster:
    """Load the booster from model.tar.gz; nothing of the archive touches the disk."""
    path = folder / "model.tar.gz"
    if not path.is_file():
        raise Unusable(str(path), "there is no such file", "check the input named model")
    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(_model_bytes(path)))
    except (xgboost.core.XGBoostError, ValueError) as error:
        found = f"{MODEL_FILE} does not load in XGBoost {xgboost.__version__} ({_reason(error)})"
        raise Unusable(path.name, found, "train it with an image of this version") from None
    return booster


def _model_bytes(path: Path) -> bytes:
    try:
        with gzip.open(path) as stream:
            unpacked = stream.read(LARGEST_MODEL + 1)
        if len(unpacked) > LARGEST_MODEL:
            found = f"holds more than {LARGEST_MODEL:,} bytes"
            raise Unusable(path.name, found, "such an archive is refused, train a smaller model")
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            return _member(archive, path.name)
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        raise Unusable(
            path.name, f"is no whole .tar.gz ({error})", "train the model again"
        ) from None


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    """The one regular file that is the model; links, devices and paths are never followed."""
    members = archive.getmembers()
    found = [member for member in members if member.name in (MODEL_FILE, f"./{MODEL_FILE}")]
    if len(found) != 1 or not found[0].isreg():
        listed = ", ".join(repr(member.name) for member in members[:5]) or "nothing"
        expected = f"exactly one regular file '{MODEL_FILE}' in its root is allowed"
        raise Unusable(name, f"holds {listed}", expected)
    stream = archive.extractfile(found[0])
    return stream.read() if stream else b""


def _reason(error: Exception) -> str:
    # A stack trace of the library follows the first line.
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def predict(booster: xgboost.Booster, features: np.ndarray) -> np.ndarray:
    """One number a row, by every tree: what Booster.predict answers to anyone who loads the artifact."""
    try:
        expected = booster.num_features()
        if expected != features.shape[1]:
            found = f"the model takes {expected} features, a row has {features.shape[1]}"
            raise Unusable("test", found, "train and test must come from the same Prepare step")
        predictions = booster.predict(xgboost.DMatrix(features), validate_features=False)
    except (xgboost.core.XGBoostError, ValueError) as error:
        found = f"cannot predict the test rows ({_reason(error)})"
        raise Unusable(MODEL_FILE, found, "train the model again") from None
    if predictions.shape != (len(features),) or not np.isfinite(predictions).all():
        found = f"predicts an array {predictions.shape} or numbers that are not finite"
        raise Unusable(MODEL_FILE, found, "a regression objective gives one number a row")
    return np.asarray(predictions, dtype=float)


# ---- metrics


def measure(label: np.ndarray, predictions: np.ndarray) -> Metrics:
    """rmse, mae, r2 and mape (as a fraction, rows with label 0 left out), each with its standard deviation.

    The standard deviation is the bootstrap's: how the metric varies over resampled test rows, seed 0.
    """
    # Centred labels keep the sums of squares exact enough for r2.
    errors, centred = predictions - label, label - label.mean()
    nonzero = label != 0
    shares = np.abs(errors) / np.where(nonzero, np.abs(label), 1.0) * nonzero
    columns = [errors**2, np.abs(errors), centred, centred**2, shares, nonzero.astype(float)]
    table = np.column_stack(columns)
    values = _metrics(table.sum(axis=0)[np.newaxis], len(label))
    spread = _metrics(_resampled(table), len(label))
    return {
        name: {"value": float(values[name][0]), "standard_deviation": _deviation(spread[name])}
        for name in values
    }


def _resampled(table: np.ndarray) -> np.ndarray:
    """The sums of the columns over rows drawn with replacement, one row a resample."""
    generator, rows = np.random.RandomState(0), len(table)
    draws = (generator.randint(0, rows, rows) for _ in range(RESAMPLES))
    return np.array([np.bincount(draw, minlength=rows) @ table for draw in draws])


def _metrics(sums: np.ndarray, rows: int) -> Dict[str, np.ndarray]:
    squares, absolute, centred, centred_squares, shares, nonzero = sums.T
    total = np.maximum(centred_squares - centred**2 / rows, 0.0)
    # Where all labels are equal r2 is 1 for a perfect prediction, else 0: scikit-learn's convention.
    flat = np.where(squares == 0, 1.0, 0.0)
    r2 = np.where(total > 0, 1 - squares / np.where(total > 0, total, 1.0), flat)
    # A resample without any label but 0 has no percentage error: it is left out of the deviation.
    mape = (shares / np.where(nonzero > 0, nonzero, 1.0))[nonzero > 0]
    return {"rmse": np.sqrt(squares / rows), "mae": absolute / rows, "r2": r2, "mape": mape}


def _deviation(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def error_facts(label: np.ndarray, predictions: np.ndarray) -> Dict[str, Any]:
    """Percentiles of prediction - label: 0, 5 ... 100 of all rows; fewer by tenths of rows, from low to high labels."""
    errors, order = predictions - label, np.argsort(label, kind="stable")
    tenths = [(label[rows], errors[rows]) for rows in np.array_split(order, min(10, len(label)))]
    return {
        "error_percentiles": np.percentile(errors, range(0, 101, 5)).tolist(),
        "error_by_decile": [_tenth(*tenth) for tenth in tenths],
    }


def _tenth(label: np.ndarray, errors: np.ndarray) -> Dict[str, Any]:
    percentiles = np.percentile(errors, (5, 25, 50, 75, 95)).tolist()
    facts = {"labels": [float(label[0]), float(label[-1])], "mae": float(np.abs(errors).mean())}
    return {**facts, "rows": len(label), "error_percentiles": percentiles}


def improvement_interval(squares: np.ndarray) -> List[float]:
    """The middle 95 % of the improvement over resampled rows, from both models' squared errors of the same rows."""
    tuned, baseline = _resampled(squares).T
    gains = 1 - np.sqrt(tuned / np.maximum(baseline, sys.float_info.min))
    return list(np.percentile(gains[np.isfinite(gains)], (2.5, 97.5)).tolist())


def importance(booster: xgboost.Booster) -> Dict[str, float]:
    """Each feature's share of the gain of all splits, f0 being the first; nothing for a linear booster."""
    try:
        gains = booster.get_score(importance_type="total_gain")
    except (xgboost.core.XGBoostError, ValueError):
        return {}
    total = sum(gains.values())
    return {name: gain / total for name, gain in gains.items()} if total > 0 else {}


# ---- the report


def compare(label: np.ndarray, tuned: np.ndarray, baseline: np.ndarray) -> Dict[str, Any]:
    """The report without its verdict."""
    if len(baseline) != len(label):
        found = f"{len(baseline):,} predictions for {len(label):,} test rows"
        raise Unusable("baseline", found, "the transform must score exactly the rows of test")
    if not label.any():
        raise Unusable("test", "every label is 0", "a percentage error needs other labels")
    with np.errstate(over="ignore", invalid="ignore"):
        metrics, reference = measure(label, tuned), measure(label, baseline)
    for name, measured in (("tuned model", metrics), ("baseline", reference)):
        if not all(math.isfinite(x) for metric in measured.values() for x in metric.values()):
            raise Unusable(name, "its errors are too large to square", "train it again")
    squares = np.column_stack([tuned - label, baseline - label]) ** 2
    return {
        "regression_metrics": metrics,
        **error_facts(label, tuned),
        "baseline": {"regression_metrics": reference, **error_facts(label, baseline)},
        "improvement": _improvement(metrics["rmse"]["value"], reference["rmse"]["value"]),
        "improvement_interval": improvement_interval(squares),
        "rows": len(label),
        "rows_without_mape": int((label == 0).sum()),
    }


def _improvement(tuned: float, baseline: float) -> float:
    improvement = 1 - tuned / baseline if baseline else -math.inf
    if not math.isfinite(improvement):
        found = f"predicts every test row with RMSE {baseline:g}, no model can improve on it"
        raise Unusable("baseline", found, "check that no feature is a copy of the label")
    return improvement


def judge(report: Dict[str, Any], threshold: float, minimum: float) -> Dict[str, Any]:
    """Whether both bars are passed, exactly as the pipeline's condition compares them, and why."""
    rmse = report["regression_metrics"]["rmse"]["value"]
    reference = report["baseline"]["regression_metrics"]["rmse"]["value"]
    gain = report["improvement"]
    missed = []
    if not rmse < threshold:
        tuned, bar = _amounts(rmse, threshold)
        missed.append(f"tuned RMSE {tuned} is not below RmseThreshold {bar}")
    if not gain > minimum:
        found, bar = _percents(gain, minimum)
        over = f"improvement {found} over the baseline's RMSE {_amounts(reference)[0]}"
        missed.append(f"{over} is not above MinimumImprovement {bar}")
    if missed:
        return {"passed": False, "message": " and ".join(missed)}
    tuned, bar = _amounts(rmse, threshold)
    better = f"{_percents(gain)[0]} better than the baseline's {_amounts(reference)[0]}"
    return {
        "passed": True,
        "message": f"tuned RMSE {tuned} is below RmseThreshold {bar} and {better}",
    }


def _amounts(*numbers: float) -> List[str]:
    """Short texts, unless they would make different numbers look the same."""
    texts = [f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}" for number in numbers]
    return texts if len(set(texts)) == len(set(numbers)) else [repr(number) for number in numbers]


def _percents(*shares: float) -> List[str]:
    texts = [f"{100 * share:.1f} %" for share in shares]
    distinct = len(set(texts)) == len(set(shares))
    return texts if distinct else [f"{100 * share!r} %" for share in shares]


def evaluate(options: argparse.Namespace) -> Dict[str, Any]:
    """Write evaluation.json; give its content."""
    rows = read_rows(options.test)
    booster = read_model(options.model)
    tuned = predict(booster, rows[:, 1:])
    report = compare(rows[:, 0], tuned, read_scores(options.baseline))
    report["feature_importance"] = importance(booster)
    report["quality"] = judge(report, options.rmse_threshold, options.minimum_improvement)
    options.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2, sort_keys=True, allow_nan=False)
    (options.output / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    return report


# ---- the command


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"found {text}; it must be a finite number")
    return number


def _options(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evaluate.py", description=(__doc__ or "").split("\n")[0])
    base = Path("/opt/ml/processing")
    for name in ("model", "test", "baseline"):
        parser.add_argument(f"--{name}", type=Path, default=base / name, metavar="DIR")
    parser.add_argument("--output", type=Path, default=base / "evaluation", metavar="DIR")
    parser.add_argument("--rmse-threshold", type=_finite, required=True, metavar="X")
    parser.add_argument("--minimum-improvement", type=_finite, required=True, metavar="Y")
    return parser.parse_args(argv)


def _print(report: Dict[str, Any]) -> None:
    columns = report["regression_metrics"], report["baseline"]["regression_metrics"]
    print(f"{report['rows']:,} test rows\n{'':6}{'tuned':>24}{'baseline':>24}")
    for name in columns[0]:
        cells = [" +- ".join(_amounts(*column[name].values())) for column in columns]
        print(f"{name:6}{cells[0]:>24}{cells[1]:>24}")
    print(report["quality"]["message"])


def main(argv: Optional[List[str]] = None) -> int:
    options = _options(argv)
    try:
        report = evaluate(options)
    except (Unusable, OSError) as problem:
        print(f"evaluate.py: {problem}", file=sys.stderr)
        if MESSAGE_FILE.parent.is_dir():
            text = str(problem).encode(errors="replace")[:1024].decode(errors="ignore")
            MESSAGE_FILE.write_bytes(text.encode())
        return 1
    _print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
