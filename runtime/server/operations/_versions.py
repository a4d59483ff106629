"""The versions of a pipeline: records `<name>/00000001` and so on, found by number, alias or as the newest."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from runtime import arns
from runtime.server.operations._shared import Entry, invalid, not_found
from runtime.storage._base import Document

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_MOST_ALIASES = 10
# A pipeline and its versions are several records: one writer at a time.
WRITING = threading.Lock()


def version_key(name: str, version: int) -> str:
    """The key of a PipelineVersion record."""
    return f"{name}/{version:08d}"


def find_pipeline(runtime: Runtime, name_or_arn: str) -> Document:
    """The record of a pipeline. Raises ApiError."""
    name = arns.name_in(name_or_arn)
    document = runtime.records.get("Pipeline", name)
    if document is None:
        arn = arns.arn(runtime.settings, "pipeline", name)
        raise not_found(f"Pipeline '{arn}' does not exist.")
    return document


def versions_of(runtime: Runtime, pipeline: Document) -> list[Document]:
    versions = runtime.records.list("PipelineVersion", f"{pipeline['PipelineName']}/")
    # A process killed during an update may have left the next version behind: it was never acknowledged.
    return [v for v in versions if v["PipelineVersionId"] <= pipeline["PipelineVersionId"]]


def aliases_of(runtime: Runtime, pipeline: Document) -> dict[str, int]:
    """Alias -> the version it stands for."""
    return {
        alias: version["PipelineVersionId"]
        for version in versions_of(runtime, pipeline)
        for alias in version.get("PipelineVersionAliases", ())
    }


def check_aliases(aliases: list[str], taken: Mapping[str, int]) -> None:
    """Refuse what a version cannot be called in addition. Raises ApiError."""
    for alias in aliases:
        if alias.isdecimal():
            raise invalid(f"The version alias '{alias}' is refused: it has digits only.")
        if alias in taken:
            raise invalid(f"The version alias '{alias}' belongs to version {taken[alias]}.")
    if len(set(aliases)) < len(aliases):
        raise invalid("PipelineVersionAliases has an alias twice.")
    if len(aliases) > _MOST_ALIASES:
        raise invalid(f"A version has at most {_MOST_ALIASES} aliases.")


def wanted_version(runtime: Runtime, pipeline: Document, request: Entry) -> Document:
    """The version that a request names by PipelineVersionId or PipelineVersionAlias, else the newest. Raises ApiError."""
    number, alias = request.get("PipelineVersionId"), request.get("PipelineVersionAlias")
    name = pipeline["PipelineName"]
    if number is not None and alias is not None:
        raise invalid("PipelineVersionId and PipelineVersionAlias can't be given together.")
    if alias is not None:
        number = aliases_of(runtime, pipeline).get(alias)
        if number is None:
            raise not_found(f"Pipeline '{name}' has no version with alias '{alias}'.")
    number = pipeline["PipelineVersionId"] if number is None else number
    document = runtime.records.get("PipelineVersion", version_key(name, number))
    if document is None or number > pipeline["PipelineVersionId"]:
        raise not_found(f"Pipeline '{name}' has no version {number}.")
    return document
