"""What the first bytes of a data file tell: does it look like its content type, label first, no header? Pure."""

from __future__ import annotations

import csv
import itertools
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.definition.check import near
from pipelines.deploy.doctor._base import Result, failed, warning
from pipelines.deploy.doctor._sources import Source
from pipelines.deploy.text import shortened

# Bytes that are looked at.
READ = 65_536
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_RECORDIO = bytes.fromhex("0a23d7ce")  # 0xced7230a, little endian
_BINARY = {_PARQUET: "Parquet", _RECORDIO: "RecordIO", _GZIP: "gzip"}
_LIBSVM = re.compile(
    r"[-+.\deE]+(:[-+.\deE]+)?([ \t]+(qid:\d+|\d+:[-+.\deEnaifNAIF]+))*[ \t]*(#.*)?"
)
# Fewer rows say little about a column.
_ENOUGH = 20
_ROWS = 500


@dataclass(frozen=True)
class Sample:
    """The first READ bytes of an object, or all of them."""

    uri: str
    data: bytes
    whole: bool


def channel_findings(source: Source, sample: Sample) -> list[Result]:
    """What is wrong with the data of a built-in algorithm's channel; empty when it looks right."""
    kind = source.content_type.partition(";")[0].strip().lower()
    where = f"{sample.uri} ({source.where}, {source.content_type})"
    if source.gzip:
        try:
            inside = zlib.decompressobj(wbits=31).decompress(sample.data, READ)
        except zlib.error:
            return [
                _wrong(where, "is not gzip", "correct CompressionType of the channel, or the file")
            ]
        sample = Sample(sample.uri, inside, whole=False)
    if "csv" in kind:
        return list(_csv_findings(source, sample, where))
    if "libsvm" in kind:
        return list(_libsvm_findings(sample, where))
    for name, magic in (("parquet", _PARQUET), ("recordio", _RECORDIO)):
        if name in kind and not sample.data.startswith(magic):
            found = f"does not start as {_BINARY[magic]} does"
            return [_wrong(where, found, "correct ContentType of the channel, or the file")]
    return []


def looks(source: Source) -> str:
    """What it means that a channel has no findings."""
    if any(kind in source.content_type for kind in ("csv", "libsvm")):
        return f"looks like {source.content_type}"
    if any(kind in source.content_type for kind in ("parquet", "recordio")):
        return f"starts like {source.content_type}; its records are not looked into"
    return f"is there; {source.content_type or 'data without a type'} is not looked into"


def column_findings(sample: Sample, label: str, dropped: Sequence[str]) -> list[Result]:
    """What a raw CSV with a header lacks of the columns that parameters name."""
    where = sample.uri
    if binary := _binary(sample.data):
        return [_wrong(where, f"is {binary}, not CSV", "give CSV files in UTF-8")]
    rows = _rows(sample, None)
    if not rows:
        return [_wrong(where, "has no rows", "give a CSV file with a header")]
    columns = [name.strip() for name in rows[0]]
    if 2 * sum(map(_is_number, columns)) > len(columns):
        found = f"has no header: its first line starts {shortened(', '.join(columns[:4]))}"
        return [_wrong(where, found, "add a first line with the names of the columns")]
    return [
        _wrong(
            where, f"{parameter}: no column '{name}'", f"correct {parameter}{near(name, columns)}"
        )
        for parameter, names in (("LabelColumn", [label]), ("DropColumns", dropped))
        for name in names
        if name not in columns
    ]


def _csv_findings(source: Source, sample: Sample, where: str) -> Iterator[Result]:
    if binary := _binary(sample.data):
        yield _wrong(
            where, f"is {binary}, not CSV", "correct ContentType or CompressionType, or the file"
        )
        return
    # XGBoost finds the delimiter itself.
    sniffs = source.reader is not None and source.reader.name == "xgboost"
    rows = _rows(sample, None if sniffs else ",")
    if not rows:
        yield _wrong(where, "has no rows", "upload data")
        return
    other = _delimiter(",".join(rows[0]))
    if len(rows[0]) == 1 and other != "," and not sniffs:
        yield _wrong(where, f"has its values apart by {other!r}", "write it with commas")
        return
    yield from _cell_findings(rows, where)
    if "label_size=0" not in source.content_type.replace(" ", ""):
        yield from _label_findings(rows, where)


def _cell_findings(rows: list[list[str]], where: str) -> Iterator[Result]:
    words = [cell for cell in rows[0] if not _is_number_or_empty(cell)]
    if words:
        below = [cell for row in rows[1:] for cell in row if not _is_number_or_empty(cell)]
        named = shortened(", ".join(words[:4]))
        if not below:
            yield _wrong(where, f"starts with a header ({named})", "take the first line out")
            return
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            if not _is_number_or_empty(cell):
                found = f"line {number}, column {column}: '{shortened(cell, 30)}' is no number"
                yield _wrong(where, found, "encode words as numbers, and take a header out")
                return
        if len(row) != len(rows[0]):
            found = f"line {number} has {len(row)} values, line 1 has {len(rows[0])}"
            yield _wrong(where, found, "every line needs as many values")
            return


def _label_findings(rows: list[list[str]], where: str) -> Iterator[Result]:
    if len(rows[0]) == 1:
        yield _wrong(where, "has one column", "the label is the first column, features follow")
        return
    labels = [row[0].strip() for row in rows if row]
    if "" in labels:
        found = f"line {labels.index('') + 1} has no label (the first column)"
        yield _wrong(where, found, "put the label first, and leave rows without one out")
        return
    if len(rows) < _ENOUGH or not all(map(_is_number, labels)):
        return
    numbers = [float(label) for label in labels]
    todo = "make sure that the label is the first column"
    if len(set(numbers)) == 1:
        found = f"{where}: the first column is {labels[0]} in all of the first {len(rows)} rows"
        yield warning(found, todo)
    elif all(after - before == 1 for before, after in itertools.pairwise(numbers)):
        yield warning(f"{where}: the first column counts the rows", todo)


def _libsvm_findings(sample: Sample, where: str) -> Iterator[Result]:
    if binary := _binary(sample.data):
        yield _wrong(
            where, f"is {binary}, not libsvm", "correct ContentType of the channel, or the file"
        )
        return
    lines = [line for line in _lines(sample) if line.strip()]
    if not lines:
        yield _wrong(where, "has no rows", "upload data")
    for number, line in enumerate(lines[:_ROWS], 1):
        if not _LIBSVM.fullmatch(line.strip()):
            found = f"line {number} is no libsvm (label index:value ...): {shortened(line, 40)}"
            todo = (
                "correct ContentType of the channel (it is text/libsvm when left out), or the file"
            )
            yield _wrong(where, found, todo)
            return


def _wrong(where: str, found: str, todo: str) -> Result:
    return failed(f"{where}: {found}", todo)


def _binary(data: bytes) -> str | None:
    for magic, name in _BINARY.items():
        if data.startswith(magic):
            return name
    return "binary" if b"\0" in data else None


def _lines(sample: Sample) -> list[str]:
    """Lines that are there to their end."""
    lines = sample.data.decode("utf-8-sig", errors="replace").splitlines()
    return lines if sample.whole or len(lines) < 2 else lines[:-1]


def _rows(sample: Sample, delimiter: str | None) -> list[list[str]]:
    """The first rows; without a delimiter, by the one that the first line has most of."""
    lines = [line for line in _lines(sample) if line.strip()][:_ROWS]
    if not lines:
        return []
    reader = csv.reader(lines, delimiter=delimiter or _delimiter(lines[0]), skipinitialspace=True)
    try:
        return [row for row in reader if row]
    except csv.Error:  # a field without an end
        return [lines[0].split(delimiter or _delimiter(lines[0]))]


def _delimiter(line: str) -> str:
    return max(",;|\t", key=line.count)


def _is_number_or_empty(text: str) -> bool:
    return not text.strip() or _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
