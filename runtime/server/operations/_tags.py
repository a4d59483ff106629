"""Tags of a resource, kept under its ARN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from runtime.server.operations._shared import invalid

if TYPE_CHECKING:
    from runtime.runtime import Runtime

Tag = Mapping[str, str]
_KIND = "Tags"
_MOST = 50


def read_tags(runtime: Runtime, arn: str) -> list[dict[str, str]]:
    document = runtime.records.get(_KIND, arn) or {"Tags": []}
    return list(document["Tags"])


def add_tags_to(runtime: Runtime, arn: str, tags: Iterable[Tag]) -> list[dict[str, str]]:
    """Add or replace tags; the ones a resource is created with come here too. Raises ApiError."""
    tags = list(tags)
    check_tags(tags)
    merged = {tag["Key"]: tag["Value"] for tag in [*read_tags(runtime, arn), *tags]}
    if len(merged) > _MOST:
        raise invalid(f"A resource has at most {_MOST} tags; {arn} would have {len(merged)}.")
    if tags:
        _write(runtime, arn, merged)
    return read_tags(runtime, arn)


def remove_tags(runtime: Runtime, arn: str, keys: Iterable[str] | None = None) -> None:
    """Remove the given keys, or all tags of a resource that is gone."""
    if keys is None:
        runtime.records.delete(_KIND, arn)
        return
    gone = set(keys)
    _write(
        runtime,
        arn,
        {tag["Key"]: tag["Value"] for tag in read_tags(runtime, arn) if tag["Key"] not in gone},
    )


def check_tags(tags: Iterable[Tag]) -> None:
    """Refuse reserved and repeated keys before anything is written. Raises ApiError."""
    seen: set[str] = set()
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid(f"Tag key '{tag['Key']}' is refused: the prefix aws: is reserved.")
        if tag["Key"] in seen:
            raise invalid(f"Duplicate tag key '{tag['Key']}'; each key may be given once.")
        seen.add(tag["Key"])


def _write(runtime: Runtime, arn: str, tags: Mapping[str, str]) -> None:
    entries = [{"Key": key, "Value": value} for key, value in tags.items()]
    runtime.records.put(_KIND, arn, {"Tags": entries})
