"""Turn house-price CSV files with a header into data sets that SageMaker's built-in algorithms train on.

read -> check columns and label -> split 80/10/10 -> learn encodings from train rows only -> encode -> write.
Runs in AWS's sagemaker-scikit-learn image as it runs here: Python 3.8 or later, numpy, nothing of this project.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import difflib
import io
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import numpy as np

MESSAGE_FILE = Path("/opt/ml/output/message")  # its first KB becomes the job's ExitMessage
NO_TEXT, CONSTANT = "(missing)", "the same value in every train row"
MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "missing", NO_TEXT}
TRUTH = dict.fromkeys(["true", "yes", "y", "t"], (1.0,))
TRUTH.update(dict.fromkeys(["false", "no", "n", "f"], (0.0,)))
UNREADABLE_SHARE = 0.05  # of a numeric or date column at most: such cells count as missing
ONE_HOT_DISTINCT = 50  # text with more distinct values is encoded by frequency
ONE_HOT_CATEGORIES = 25  # the rarer ones share the category (other)
MINIMUM_ROWS = 30
LARGEST = 3.4e38  # the algorithms compute in float32: beyond it everything is infinite
IDENTIFIER = re.compile(r"ids?|index|idx|key|no|nr|number|pid|uuid|guid|unnamed", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
TIME = re.compile(r"T\d{4,6}Z?$|[T ]\d{1,2}:\d{2}.*$")
DATES = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%Y-%m"]
DATES += ["%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"]

Cells = List[Optional[str]]
Reader = Callable[[str], Tuple[float, ...]]  # () when the cell cannot be read


class Unusable(Exception):
    """The input or an option cannot be used: one sentence with the place, the finding and the remedy."""

    def __init__(self, where: str, found: str, remedy: str) -> None:
        super().__init__(f"{where}: {found}; {remedy}")


@dataclass(frozen=True)
class Table:
    """The cells by column, None where missing, and each row's file and line (from 1)."""

    cells: Dict[str, Cells]
    places: List[Tuple[str, int]]

    def refusal(self, column: str, rows: List[int], remedy: str) -> Unusable:
        more = f" (and so in {len(rows) - 1:,} more rows)" if len(rows) > 1 else ""
        place = "{}, line {}, column '{}'".format(*self.places[rows[0]], column)
        return Unusable(place, f"found {_listed([str(self.cells[column][rows[0]])])}{more}", remedy)


@dataclass(frozen=True)
class Encoder:
    """How one column becomes features: `encode` gives an array for each; `facts` go to the manifest."""

    features: List[str]
    facts: Dict[str, Any]
    encode: Callable[[Cells], List[np.ndarray]]
    reader: Reader = lambda cell: (0.0,)


def _listed(names: List[str], most: int = 30) -> str:
    quoted = [repr(name if len(name) <= 40 else name[:40] + "...") for name in names[:most]]
    return ", ".join(quoted) + (f" and {len(names) - most} more" if len(names) > most else "")


def read_table(folder: Path) -> Table:
    """Read every data file below the folder, in the order of their names, as one table."""
    cells: Dict[str, Cells] = {}
    places: List[Tuple[str, int]] = []
    first = ""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if re.search(r"(^|/)[._]", name) or not path.is_file():
            continue
        header, rows = _parse(_read_text(path, name), name)
        first, expected = first or name, list(cells) or header
        if set(header) != set(expected):
            lacking = _listed([column for column in expected if column not in header]) or "none"
            extra = _listed([column for column in header if column not in expected]) or "none"
            remedy = f"all files need the columns of {first}, in any order"
            raise Unusable(name, f"columns missing: {lacking}, columns added: {extra}", remedy)
        for index, column in enumerate(header):
            texts = [row[index].strip() for _, row in rows]
            cells.setdefault(column, []).extend(None if t.lower() in MISSING else t for t in texts)
        places += [(name, line) for line, _ in rows]
    if not places:
        found = f"{first} has a header but no rows" if first else "there is no data file"
        raise Unusable(str(folder), found, f"give CSV files of at least {MINIMUM_ROWS} rows")
    return Table(cells, places)


def _read_text(path: Path, name: str) -> str:
    data = path.read_bytes()
    try:
        if b"\0" in data:
            raise UnicodeDecodeError("utf-8", data, data.index(0), data.index(0) + 1, "NUL")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(error.object[: error.start + 1].splitlines())
        found = f"byte 0x{error.object[error.start]:02x} ({error.reason}) is no UTF-8 text"
        raise Unusable(f"{name}, line {line}", found, "save the file as CSV in UTF-8") from None


def _parse(text: str, name: str) -> Tuple[List[str], List[Tuple[int, List[str]]]]:
    """Split into the header and the rows, each with the line it starts at; blank lines are nothing."""
    first = text.strip().split("\n")[0]
    source, delimiter = io.StringIO(text, newline=""), max(",;|\t", key=first.count)
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: List[Tuple[int, List[str]]] = []
    line = 1
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unusable(f"{name}, line {line}", f"is no CSV ({error})", "check its quotes") from None
    if not rows:
        raise Unusable(name, "is empty", f"a header and at least {MINIMUM_ROWS} rows are needed")
    header = _header(rows[0][1], f"{name}, line {rows[0][0]}")
    for line, row in rows:
        if len(row) != len(header):
            found = f"found {len(row)} fields where the header has {len(header)}"
            raise Unusable(f"{name}, line {line}", found, f"quote fields that hold a '{delimiter}'")
    return header, rows[1:]


def _header(row: List[str], place: str) -> List[str]:
    names = [field.strip() for field in row]
    numbers = [name for name in names if _number(name)]
    if 2 * len(numbers) > len(names):
        found = f"found numbers ({_listed(numbers, 3)}) where the column names belong"
        raise Unusable(place, found, "the first line must be a header, add it")
    # A data frame saved with its index leaves that column without a name.
    names = [name or f"unnamed_{index + 1}" for index, name in enumerate(names)]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise Unusable(place, f"repeats {_listed(repeated)}", "every column needs its own name")
    return names


def check_columns(columns: List[str], label: str, drop: List[str]) -> None:
    """Refuse a label column and columns to drop that the data does not have."""
    found, lowered = [], {column.lower(): column for column in columns}
    for option, name in [("--label-column", label), *(("--drop-columns", name) for name in drop)]:
        near = difflib.get_close_matches(name.lower(), lowered, n=1)
        hint = f" (did you mean '{lowered[near[0]]}'?)" if near else ""
        if name not in columns:
            found.append(f"{option} names {_listed([name])}, which the data does not have{hint}")
    if label in drop:
        found.append(f"--drop-columns names '{label}', which is the label")
    if found:
        raise Unusable("columns", " and ".join(found), f"choose from {_listed(columns)}")


def labels(table: Table, column: str) -> Tuple[np.ndarray, List[int]]:
    """The label of every row that has one, and which rows these are."""
    cells = table.cells[column]
    numbers = [() if cell is None else _number(cell) for cell in cells]
    if words := [row for row, cell in enumerate(cells) if cell is not None and not numbers[row]]:
        raise table.refusal(column, words, "labels are numbers, correct it or choose another")
    _check_finite(table, column)
    rows = [row for row, number in enumerate(numbers) if number]
    place = f"{table.places[0][0]}, column '{column}'"
    if 2 * len(rows) < len(cells):
        raise Unusable(place, f"{len(rows):,} of {len(cells):,} rows have a label", "half must")
    if len(rows) < MINIMUM_ROWS:
        raise Unusable(place, f"{len(rows)} rows have a label", f"at least {MINIMUM_ROWS} must")
    values = np.array([numbers[row][0] for row in rows])
    if values.min() == values.max():
        raise Unusable(place, f"every label is {values[0]:g}", "choose a column that varies")
    return values, rows


def _check_finite(table: Table, column: str) -> None:
    cells = table.cells[column]
    if large := {cell for cell in set(cells) if cell and abs(sum(_number(cell))) > LARGEST}:
        rows = [row for row, cell in enumerate(cells) if cell in large]
        raise table.refusal(column, rows, f"numbers are finite and below {LARGEST:g}, correct it")


@lru_cache(maxsize=1 << 18)  # a cell is read some times over
def _number(text: str) -> Tuple[float, ...]:
    """Read also forms such as $1,250,000."""
    text = text.lstrip("$€£ ")
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    try:
        number = float(text)
    except ValueError:
        return ()
    # float() takes nan and the code 12_3 for numbers.
    return () if number != number or "_" in text else (number,)


def _date(form: str, text: str) -> Tuple[float, ...]:
    try:
        day = dt.datetime.strptime(TIME.sub("", text), form).date()
    except ValueError:
        return ()
    # strptime takes the number 180011 for the first of January 1800.
    possible = 1600 <= day.year <= 2200 and not re.fullmatch(r"\d{1,7}", text)
    return (day.year, day.month, day.toordinal()) if possible else ()


def _unreadable(cells: Cells, reader: Reader) -> int:
    return sum(n for cell, n in Counter(cells).items() if cell is not None and not reader(cell))


def learn(column: str, cells: Cells, rows: List[int]) -> Union[Encoder, str]:
    """Learn an encoding from the column's train cells and their row numbers, or why to drop it."""
    if len(set(cells)) == 1:
        return CONSTANT
    present = [cell for cell in cells if cell is not None]
    limit = UNREADABLE_SHARE * len(present)
    if all(cell.lower() in TRUTH for cell in present):
        return _numbers(column, cells, "boolean", lambda cell: TRUTH.get(cell.lower(), ()))
    sample: Cells = [*present[:: 1 + len(present) // 50]]
    # The first of the best: a month before a day, unless a day above 12 is there.
    form = min(DATES, key=lambda form: _unreadable(sample, partial(_date, form)))
    date = partial(_date, form)
    if _unreadable(sample, date) < len(sample) / 2 and _unreadable(cells, date) <= limit:
        return _numbers(column, cells, f"date {form}", date)
    if _unreadable(cells, _number) > limit:
        return _text(column, cells)
    if _is_identifier(column, _read(cells, _number, 1)[:, 0], rows):
        return "an identifier: whole numbers that count the rows"
    return _numbers(column, cells, "numeric", _number)


def _is_identifier(column: str, values: np.ndarray, rows: List[int]) -> bool:
    if not np.isfinite(values).all() or (values != np.floor(values)).any():
        return False
    named = any(map(IDENTIFIER.fullmatch, re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", column)))
    # Houses are sold more than once: an id may repeat now and then.
    often = named and len(np.unique(values)) >= 0.95 * len(values)
    return bool(often or np.ptp(values - np.array(rows)) == 0)


def _read(cells: Cells, reader: Reader, width: int) -> np.ndarray:
    gap = (np.nan,) * width
    known = {cell: reader(cell) or gap for cell in set(cells) if cell is not None}
    return np.array([gap if cell is None else known[cell] for cell in cells], dtype=float)


def _numbers(column: str, cells: Cells, kind: str, reader: Reader) -> Union[Encoder, str]:
    parts = [":year", ":month", ":days"] if kind.startswith("date") else [""]
    values = _read(cells, reader, len(parts))
    varying = np.flatnonzero(np.nanmax(values, axis=0) > np.nanmin(values, axis=0)).tolist()
    gapped = bool(np.isnan(values).any())
    if not varying and not gapped:
        return CONSTANT
    names = {part: column + parts[part] for part in varying}
    medians = {name: float(np.nanmedian(values[:, part])) for part, name in names.items()}

    def encode(every: Cells) -> List[np.ndarray]:
        read = _read(every, reader, len(parts))
        gaps = np.isnan(read[:, 0])
        filled = [np.where(gaps, medians[name], read[:, part]) for part, name in names.items()]
        return filled + [gaps.astype(float)] * gapped

    features = [*medians, *[f"{column}:missing"] * gapped]
    return Encoder(features, {"kind": kind, "medians": medians}, encode, reader)


def _text(column: str, cells: Cells) -> Union[Encoder, str]:
    """One-hot encode, many texts by frequency; texts the train cells don't have are (other), or zeros."""
    counts = Counter(cell or NO_TEXT for cell in cells)
    if max(count for text, count in counts.items() if text != NO_TEXT) == 1:
        return "an identifier: no text occurs twice in the train rows"
    ordered = sorted(counts, key=lambda text: (-counts[text], text))
    if len(ordered) > ONE_HOT_DISTINCT:
        shares = {text: counts[text] / len(cells) for text in ordered}
        vectors, names, unknown = {text: [shares[text]] for text in shares}, [":frequency"], [0.0]
        facts: Dict[str, Any] = {"kind": "frequency", "frequencies": shares}
    else:
        kept, pooled = ordered[:ONE_HOT_CATEGORIES], ordered[ONE_HOT_CATEGORIES:]
        names = [f"={text}" for text in kept] + ["=(other)"] * bool(pooled)
        units = np.eye(len(names)).tolist()
        vectors = {text: units[code] for code, text in enumerate(kept)}
        unknown = units[-1] if pooled else [0.0] * len(names)
        facts = {"kind": "one-hot", "categories": kept, "other": pooled}

    def encode(every: Cells) -> List[np.ndarray]:
        return [*np.array([vectors.get(cell or NO_TEXT, unknown) for cell in every]).T]

    return Encoder([column + name for name in names], facts, encode)


def split(rows: int, seed: int) -> Dict[str, np.ndarray]:
    """Deal 0..rows-1 to train, validation and test, alike on every platform."""
    # numpy froze the stream of RandomState; that of its newer generators may change.
    order = np.random.RandomState(seed).permutation(rows)
    parts = np.split(order, [rows - 2 * (rows // 10), rows - rows // 10])
    return {"train": parts[0], "validation": parts[1], "test": parts[2]}


def encode(
    table: Table, columns: List[str], rows: List[int], train: List[int]
) -> Tuple[List[np.ndarray], Dict[str, Any]]:
    """Every feature that these columns give in these rows, and what the manifest tells about them."""
    arrays: List[np.ndarray] = []
    dropped, used = {}, {}
    for column in columns:
        cells = [table.cells[column][row] for row in rows]
        # What is not finite may upset the statistics: it is refused below, with its row.
        with np.errstate(all="ignore"):
            encoder = learn(column, [cells[at] for at in train], [rows[at] for at in train])
        if isinstance(encoder, str):
            dropped[column] = encoder
            continue
        encoded = encoder.encode(cells)
        if any(not (np.abs(array) <= LARGEST).all() for array in encoded):
            _check_finite(table, column)
        arrays += encoded
        unreadable = _unreadable(cells, encoder.reader)
        used[column] = {**encoder.facts, "features": encoder.features, "unreadable": unreadable}
    if not arrays:
        found = ", ".join(f"'{column}' is {reason}" for column, reason in dropped.items())
        raise Unusable("columns", f"none is left to learn from ({found})", "add some that vary")
    features = [name for facts in used.values() for name in facts["features"]]
    return arrays, {"features": features, "columns": used, "dropped": dropped}


def prepare(options: argparse.Namespace) -> Dict[str, Any]:
    """Write the data sets and the manifest; give the manifest."""
    table, label = read_table(options.input), options.label_column
    drop = [n for n in map(str.strip, options.drop_columns.split(",")) if n not in ("", "none")]
    check_columns(list(table.cells), label, drop)
    values, rows = labels(table, label)
    parts = split(len(rows), options.seed)
    columns = [column for column in table.cells if column not in (label, *drop)]
    arrays, manifest = encode(table, columns, rows, parts["train"].tolist())
    manifest["dropped"].update(dict.fromkeys(drop, "named in --drop-columns"))
    counts = {"read": len(table.places), "without_label": len(table.places) - len(rows)}
    counts.update({name: len(part) for name, part in parts.items()})
    files = sorted({name for name, _ in table.places})
    manifest.update(schema_version=1, seed=options.seed, label=label, rows=counts, files=files)
    missing = {column: cells.count(None) for column, cells in table.cells.items()}
    deciles = np.percentile(values, range(0, 101, 10)).tolist()
    manifest.update(missing=missing, label_deciles=deciles)
    for name, part in parts.items():
        _write_rows(options.output / name / f"{name}.csv", [values, *arrays], part)
    _write_rows(options.output / "features" / "features.csv", arrays, parts["test"])
    path = options.output / "manifest" / "features.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False) + "\n")
    return manifest


def _write_rows(path: Path, arrays: List[np.ndarray], part: np.ndarray) -> None:
    """The shortest texts that read back as the same numbers."""
    lists = [array[part].tolist() for array in arrays]
    columns = [[str(int(x) if x.is_integer() and abs(x) < 1e16 else x) for x in xs] for xs in lists]
    rows = zip(*columns)  # noqa: B905 - strict= needs Python 3.10
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(",".join(row) + "\n" for row in rows).encode())


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="prepare.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--label-column", required=True, metavar="NAME")
    parser.add_argument("--drop-columns", default="none", metavar="A,B", help="none: keep all")
    parser.add_argument("--seed", type=int, default=0, help="decides the split")
    options = parser.parse_args(argv)
    if not 0 <= options.seed < 2**32:
        parser.error(f"argument --seed: found {options.seed}; it must be 0 to {2**32 - 1}")
    try:
        manifest = prepare(options)
    except (Unusable, OSError) as problem:
        print(f"prepare.py: {problem}", file=sys.stderr)
        if MESSAGE_FILE.parent.is_dir():
            text = str(problem).encode(errors="replace")[:1024].decode(errors="ignore")
            MESSAGE_FILE.write_bytes(text.encode())
        return 1
    print("rows: " + ", ".join(f"{name} {count:,}" for name, count in manifest["rows"].items()))
    for column, facts in manifest["columns"].items():
        print(f"{column}: {facts['kind']}, {facts['unreadable']} unreadable cells taken as missing")
    for column, reason in manifest["dropped"].items():
        print(f"{column}: dropped, {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
