"""What a transform job's process does: load the model once, then answer every input object."""

from __future__ import annotations

import gzip
import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from runtime.images._base import AlgorithmFailure, Predictor
from runtime.jobs.work import load_image, write_failure


def transform(root: str, private: bool, image: str) -> int:
    """Write root/output/transform/<result> for every input that succeeds as a whole; 1 when one did not."""
    folder = Path(root)
    settings = json.loads((folder / "transform.json").read_text(encoding="utf-8"))
    try:
        predictor = load_image(image).predictor(folder / "model", os.environ)
    except AlgorithmFailure as failure:
        print(failure, file=sys.stderr)
        write_failure(folder, str(failure))
        return 1
    outcomes = [
        _transform_one(predictor, folder, record, settings) for record in settings["records"]
    ]
    reasons = [reason for reason in outcomes if reason]
    if reasons:
        write_failure(folder, reasons[0])
    return 1 if reasons else 0


def payloads(lines: Iterable[bytes], limit: int, *, single: bool) -> Iterator[bytes]:
    """Pack lines into request bodies of at most `limit` bytes, at least one line each."""
    packed: list[bytes] = []
    size = 0
    for line in lines:
        if packed and (single or size + len(line) > limit):
            yield b"".join(packed)
            packed, size = [], 0
        packed.append(line)
        size += len(line)
    if packed:
        yield b"".join(packed)


def _transform_one(
    predictor: Predictor, folder: Path, record: dict[str, str], settings: dict[str, Any]
) -> str | None:
    """Why this input failed, or None."""
    target = folder / "output/transform" / record["output"]
    try:
        with target.open("wb") as output:
            for body in _bodies(Path(record["input"]), settings):
                _answer(predictor, body, output, settings)
    except AlgorithmFailure as failure:
        target.unlink()
        print(f"{record['name']}: {failure}", file=sys.stderr)
        return f"{record['name']}: {failure}"
    except Exception as error:  # noqa: BLE001 - one bad object must not take the others with it
        target.unlink()
        traceback.print_exc()
        return f"{record['name']}: {type(error).__name__}: {error}"
    return None


def _answer(predictor: Predictor, body: bytes, output: IO[bytes], settings: dict[str, Any]) -> None:
    answer, _ = predictor.predict(body, settings["content_type"], settings["accept"])
    output.write(answer)
    # One line end after every record, which most algorithms have written themselves.
    if settings["assemble"] == "Line" and answer and not answer.endswith(b"\n"):
        output.write(b"\n")


def _bodies(path: Path, settings: dict[str, Any]) -> Iterator[bytes]:
    with gzip.open(path) if settings["gzip"] else path.open("rb") as content:
        if settings["split"] == "None":
            yield content.read()
            return
        lines = (line for line in content if line.strip())
        yield from payloads(lines, settings["payload"], single=settings["single"])
