"""What a transform job asks for: what is refused before it exists, and what its process is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runtime.jobs import json_path
from runtime.jobs.data_processing import CSV, KINDS, media_type
from runtime.storage._base import Document

_MOST_MEGABYTES = 100
# What a path may have besides letters and digits. The service has no underscore, and says so in these words.
_OPERATORS = "$[]*. ,:-'"
_CSV_OPERATORS = "$[]* ,:-"
STRATEGIES = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}


def refusals(request: Document) -> Iterator[str]:
    """Why this request is refused; nothing when it is sound."""
    yield from _sizes(request)
    if _split(request) == "TFRecord":
        yield (
            "SplitType TFRecord is not supported here: no built-in algorithm reads TFRecord. "
            "Use Line, RecordIO or None."
        )
    processing = _processing(request)
    for name, side, member in (
        ("InputFilter", "TransformInput", "ContentType"),
        ("OutputFilter", "TransformOutput", "Accept"),
    ):
        if not _is_all(processing.get(name)):
            kind = media_type(request[side].get(member) or "")
            yield from _filter(name, processing[name], kind, f"{side}.{member}")
            if _split(request) not in ("None", "Line"):
                yield f"{name} needs the SplitType None or Line, but it is {_split(request)}."
    if processing.get("JoinSource") == "Input":
        yield from _join(request)


def settings(document: Document) -> Document:
    """The part of transform.json that the request decides; what it leaves open is None."""
    source, output = document["TransformInput"], document["TransformOutput"]
    processing = _processing(document)
    return {
        "content_type": source.get("ContentType") or "",
        "accept": output.get("Accept") or "",
        "split": _split(document),
        "assemble": output.get("AssembleWith") == "Line",
        "strategy": document.get("BatchStrategy"),
        "payload": document.get("MaxPayloadInMB"),
        "concurrent": document.get("MaxConcurrentTransforms"),
        "gzip": source.get("CompressionType") == "Gzip",
        "input_filter": processing.get("InputFilter") or "$",
        "output_filter": processing.get("OutputFilter") or "$",
        "join": processing.get("JoinSource") == "Input",
    }


def environment(document: Document, model: Mapping[str, Any]) -> dict[str, str]:
    """The variables of the container: the model's, the job's over them, and what the service adds."""
    given = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": document.get("MaxPayloadInMB"),
        "SAGEMAKER_BATCH_STRATEGY": STRATEGIES.get(document.get("BatchStrategy", "")),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": document.get("MaxConcurrentTransforms"),
    }
    return {
        **(model.get("Environment") or {}),
        **(document.get("Environment") or {}),
        **{name: str(value) for name, value in given.items() if value is not None},
        "SAGEMAKER_BATCH": "true",
    }


def _processing(request: Document) -> Document:
    processing: Document = request.get("DataProcessing") or {}
    return processing


def _split(request: Document) -> str:
    return request["TransformInput"].get("SplitType") or "None"


def _is_all(path: str | None) -> bool:
    return not path or path.strip() == "$"


def _sizes(request: Document) -> Iterator[str]:
    megabytes, concurrent = request.get("MaxPayloadInMB"), request.get("MaxConcurrentTransforms")
    if megabytes == 0:
        yield (
            "MaxPayloadInMB 0 (HTTP chunked encoding) is not supported by built-in algorithms. "
            f"Use 1 to {_MOST_MEGABYTES}."
        )
    if megabytes and concurrent and megabytes * concurrent > _MOST_MEGABYTES:
        yield (
            f"MaxConcurrentTransforms * MaxPayloadInMB cannot exceed {_MOST_MEGABYTES} MB, but it is "
            f"{concurrent} * {megabytes} = {megabytes * concurrent}."
        )


def _filter(name: str, path: str, kind: str, member: str) -> Iterator[str]:
    if kind not in KINDS:
        yield f"{name} needs {member} to be one of {', '.join(KINDS)}, but it is '{kind}'."
        return
    allowed = _CSV_OPERATORS if kind == CSV else _OPERATORS
    for letter in path:
        if not (letter.isascii() and letter.isalnum()) and letter not in allowed:
            operators = ", ".join(f"'{operator}'" for operator in allowed)
            yield (
                f'Invalid {name}: "{path}". Unexpected "{letter}" in JsonPath. '
                f'Supported operators for "{kind}" are [{operators}]'
            )
            return
    try:
        json_path.parse(path)
    except json_path.JsonPathError as error:
        yield f'Invalid {name}: "{path}". {error}'


def _join(request: Document) -> Iterator[str]:
    source, output = request["TransformInput"], request["TransformOutput"]
    given, wanted = (
        media_type(source.get("ContentType") or ""),
        media_type(output.get("Accept") or ""),
    )
    split, assemble = _split(request), output.get("AssembleWith") or "None"
    if given != wanted or given not in KINDS:
        yield (
            "JoinSource Input needs TransformInput.ContentType and TransformOutput.Accept to be the same, "
            f"one of {', '.join(KINDS)}, but they are '{given}' and '{wanted}'."
        )
    if split != assemble:
        yield (
            "JoinSource Input needs TransformInput.SplitType and TransformOutput.AssembleWith to be the "
            f"same, but they are {split} and {assemble}."
        )
    elif given == CSV and split != "Line":
        yield f"JoinSource Input with {CSV} needs SplitType and AssembleWith Line, but they are {split}."
