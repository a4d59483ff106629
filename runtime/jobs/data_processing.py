"""DataProcessing of a transform job: filters a request's records, joins the answers to them, filters the result.

Works on one request at a time. CSV rows are arrays of texts (comma, RFC 4180, no line ends inside fields), JSON is one
document per request, JSON Lines one per line. What comes out has the form of what goes in.
"""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from runtime.jobs import json_path
from runtime.jobs.json_path import JsonPath, JsonPathError

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
KINDS = (CSV, JSON, JSON_LINES)
_OUTPUT, _INPUT = "SageMakerOutput", "SageMakerInput"
_SHOWN = 80


class ProcessingRefused(Exception):
    """A record or an answer cannot be filtered or joined; the message says which and why."""


class Records(ABC):
    """How records of one content type are read, joined and written."""

    name: str

    @abstractmethod
    def read(self, body: bytes) -> list[Any]:
        """The records of a body. Raises ValueError."""

    @abstractmethod
    def write(self, records: Iterable[Any]) -> bytes:
        """The body of these records. Raises ValueError."""

    @abstractmethod
    def join(self, record: Any, answer: Any) -> Any:
        """One record with its answer. Raises ValueError."""

    def selector(self, path: JsonPath) -> Callable[[Any], Any]:
        """What a filter leaves of a record. The result raises JsonPathError."""
        return partial(json_path.select, path)


class _CsvRecords(Records):
    name = "CSV"

    def read(self, body: bytes) -> list[Any]:
        text = body.decode()
        lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
        if '"' not in text:
            return [line.split(",") for line in lines]
        try:
            # One reader per line: a line end inside a field is an error and not a part of it.
            return [next(csv.reader([line], strict=True), [""]) for line in lines]
        except csv.Error as error:
            raise ValueError(str(error)) from error

    def write(self, records: Iterable[Any]) -> bytes:
        rows = [[record] if isinstance(record, str) else record for record in records]
        text = "".join(",".join(row) + "\n" for row in rows)
        if '"' in text or text.count(",") != sum(map(len, rows)) - len(rows):
            output = io.StringIO()
            csv.writer(output, lineterminator="\n").writerows(rows)
            text = output.getvalue()
        return text.encode()

    def join(self, record: Any, answer: Any) -> Any:
        return record + answer

    def selector(self, path: JsonPath) -> Callable[[Any], Any]:
        known: dict[int, Callable[[Any], Any]] = {}

        def choose(row: list[str]) -> Any:
            width = len(row)
            if width not in known:
                known[width] = _columns(path, width)
            return known[width](row)

        return choose


def _columns(path: JsonPath, width: int) -> Callable[[list[str]], Any]:
    """The filter for rows of this width: millions of rows share it."""
    places = json_path.select(path, list(range(width)))
    return itemgetter(*places) if isinstance(places, list) else itemgetter(places)


class _JsonRecords(Records):
    name = "JSON"

    def read(self, body: bytes) -> list[Any]:
        return [_load(body)]

    def write(self, records: Iterable[Any]) -> bytes:
        return "".join(json.dumps(record, ensure_ascii=False) for record in records).encode()

    def join(self, record: Any, answer: Any) -> Any:
        if not isinstance(record, dict):
            return {_INPUT: record, _OUTPUT: answer}
        if _OUTPUT in record:
            raise ValueError(f"the input has the attribute '{_OUTPUT}', which is for the answer")
        return {**record, _OUTPUT: answer}


class _JsonLinesRecords(_JsonRecords):
    name = "JSON Lines"

    def read(self, body: bytes) -> list[Any]:
        return [_load(line) for line in body.split(b"\n") if line.strip()]

    def write(self, records: Iterable[Any]) -> bytes:
        lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        return "".join(lines).encode()


_RECORDS: dict[str, Records] = {
    CSV: _CsvRecords(),
    JSON: _JsonRecords(),
    JSON_LINES: _JsonLinesRecords(),
}


@dataclass(frozen=True)
class DataProcessing:
    """`input_kind` and `output_kind` are media types; only those that a filter or the join needs are looked at."""

    input_filter: JsonPath
    output_filter: JsonPath
    join: bool
    input_kind: str
    output_kind: str

    def request(self, body: bytes) -> bytes:
        """What the model gets of a body. Raises ProcessingRefused."""
        if not self.input_filter:
            return body
        kind = _RECORDS[self.input_kind]
        return _write(
            kind, _filter(kind, self.input_filter, _read(kind, body, "input"), "InputFilter")
        )

    def result(self, body: bytes, answer: bytes) -> bytes:
        """What is stored of the answer to a body, which is the one before the input filter. Raises ProcessingRefused."""
        if not self.join and not self.output_filter:
            return answer
        kind = _RECORDS[self.output_kind]
        records = _read(kind, answer, "output from the algorithm")
        if self.join:
            records = _joined(kind, _read(_RECORDS[self.input_kind], body, "input"), records)
        if self.output_filter:
            records = _filter(kind, self.output_filter, records, "OutputFilter")
        return _write(kind, records)


def media_type(content_type: str) -> str:
    """A content type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _read(kind: Records, body: bytes, what: str) -> list[Any]:
    try:
        return kind.read(body)
    except (ValueError, RecursionError) as error:
        shown = body[:_SHOWN].decode(errors="replace")
        raise ProcessingRefused(
            f"Failed to parse {what} as {kind.name}: {error} found near: {shown}"
        ) from error


def _write(kind: Records, records: list[Any]) -> bytes:
    try:
        return kind.write(records)
    except (ValueError, RecursionError) as error:
        raise ProcessingRefused(f"a record cannot be written as {kind.name}: {error}") from error


def _joined(kind: Records, records: list[Any], answers: list[Any]) -> list[Any]:
    if len(records) != len(answers):
        raise ProcessingRefused(
            f"the algorithm answered {len(answers)} records to a request of {len(records)}: they cannot be joined"
        )
    try:
        return [kind.join(record, answer) for record, answer in zip(records, answers, strict=True)]
    except ValueError as error:
        raise ProcessingRefused(str(error)) from error


def _filter(kind: Records, path: JsonPath, records: list[Any], name: str) -> list[Any]:
    chosen = []
    choose = kind.selector(path)
    for number, record in enumerate(records, start=1):
        try:
            chosen.append(choose(record))
        except JsonPathError as error:
            raise ProcessingRefused(f"{name}: record {number} of the request: {error}") from error
    return chosen


def _load(text: bytes) -> Any:
    return json.loads(text.decode())
