"""What a transform job's process does: load the model once, then answer every input object."""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from runtime.images._base import (
    AlgorithmFailure,
    ExecutionParameters,
    InvocationRefused,
    Predictor,
)
from runtime.jobs import json_path
from runtime.jobs.data_processing import DataProcessing, ProcessingRefused, media_type
from runtime.jobs.splitting import Cut, InputRefused, bodies
from runtime.jobs.transform_request import STRATEGIES
from runtime.jobs.work import load_image, write_failure

_MEGABYTE = 1024 * 1024
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


@dataclass(frozen=True)
class Plan:
    """What the job asks for, with the container's parameters where it asks for nothing."""

    content_type: str
    accept: str
    cut: Cut
    assemble: bool
    processing: DataProcessing


def transform(root: str, private: bool, image: str) -> int:
    """Write root/output/transform/<result> for every input that succeeds as a whole; 1 when one did not."""
    folder = Path(root)
    settings = json.loads((folder / "transform.json").read_text(encoding="utf-8"))
    try:
        predictor = load_image(image).predictor(folder / "model", os.environ)
    except AlgorithmFailure as failure:
        print(failure, file=sys.stderr)
        write_failure(folder, f"AlgorithmError: {failure}")
        return 1
    plan = make_plan(settings, predictor.parameters)
    # Millions of rows are lists without cycles: looking for some among them took half of the time.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    outcomes = [_transform_one(predictor, folder, record, plan) for record in settings["records"]]
    reasons = [reason for reason in outcomes if reason]
    if reasons:
        write_failure(folder, reasons[0])
    return 1 if reasons else 0


def make_plan(settings: dict[str, Any], container: ExecutionParameters) -> Plan:
    """Each of the three parameters is the request's, else the container's; their line is in the log as the service's."""
    strategy = settings["strategy"] or container.batch_strategy
    megabytes = settings["payload"] or container.max_payload_in_mb
    # They run one after the other here, whatever their number.
    concurrent = settings["concurrent"] or container.max_concurrent_transforms
    _log(
        f"MaxConcurrentTransforms={concurrent}, MaxPayloadInMB={megabytes}, "
        f"BatchStrategy={STRATEGIES[strategy]}"
    )
    cut = Cut(
        settings["split"], strategy == "SingleRecord", megabytes * _MEGABYTE, settings["gzip"]
    )
    processing = DataProcessing(
        json_path.parse(settings["input_filter"]),
        json_path.parse(settings["output_filter"]),
        settings["join"],
        media_type(settings["content_type"]),
        media_type(settings["accept"]),
    )
    return Plan(settings["content_type"], settings["accept"], cut, settings["assemble"], processing)


def _transform_one(
    predictor: Predictor, folder: Path, record: dict[str, str], plan: Plan
) -> str | None:
    """Why this input failed, or None; its result has its name only when it is whole."""
    target = folder / "output/transform" / record["output"]
    part = target.with_suffix(".part")
    try:
        with part.open("wb") as output:
            for body in bodies(Path(record["input"]), plan.cut):
                _answer(predictor, body, output, plan)
        part.rename(target)
    except (AlgorithmFailure, InputRefused, ProcessingRefused) as failure:
        return _failed(record, failure)
    except Exception as error:  # noqa: BLE001 - one bad object must not take the others with it
        traceback.print_exc()
        return f"AlgorithmError: {record['name']}: {type(error).__name__}: {error}"
    finally:
        part.unlink(missing_ok=True)
    return None


def _failed(record: dict[str, str], failure: Exception) -> str:
    """Log why an object failed in the service's form, and give the sentence for FailureReason."""
    status = failure.status if isinstance(failure, InvocationRefused) else 400
    kind = "ClientError" if status < 500 else "AlgorithmError"
    place = record["place"]
    for line in (f"{kind}: {status}", "", "Message:", *str(failure).splitlines()):
        _log(f"{place}: {line}")
    return f"{kind}: {record['name']}: {failure}"


def _answer(predictor: Predictor, body: bytes, output: IO[bytes], plan: Plan) -> None:
    request = plan.processing.request(body)
    answer, _ = predictor.predict(request, plan.content_type, plan.accept)
    stored = plan.processing.result(body, answer)
    output.write(stored)
    # One line end after every record, which most algorithms have written themselves.
    if plan.assemble and stored and not stored.endswith(b"\n"):
        output.write(b"\n")


def _log(text: str) -> None:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").partition("+")[0]
    print(f"{moment}:[sagemaker logs]: {text}", flush=True)
