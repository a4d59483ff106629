"""The input channels of a training job definition, with what is known of them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.rules._subject import Subject, TrainingDefinition, entries, mapping

# A request with more is refused for it.
_MOST_CHANNELS = 20


@dataclass(frozen=True)
class Channel:
    """Members are texts, None where the document has none, or UNKNOWN.

    `mode` is the job's where the channel has none; `distribution` counts with S3's default, None without S3.
    """

    pointer: str
    name: Any
    content_type: Any
    mode: Any
    distribution: Any
    compression: Any
    uri: Any


def channels_of(subject: Subject, training: TrainingDefinition) -> tuple[Channel, ...]:
    """The channels in order."""
    specification = mapping(training.request.get("AlgorithmSpecification"))
    mode = subject.value(specification.get("TrainingInputMode"))
    found = []
    for index, entry in entries(training.request.get("InputDataConfig"))[:_MOST_CHANNELS]:
        source = mapping(mapping(entry.get("DataSource")).get("S3DataSource"))
        own = subject.value(entry.get("InputMode"))
        found.append(
            Channel(
                f"{training.pointer}/InputDataConfig/{index}",
                subject.value(entry.get("ChannelName")),
                subject.value(entry.get("ContentType")),
                mode if own is None else own,
                _distribution(subject, source),
                subject.value(entry.get("CompressionType")),
                subject.value(source.get("S3Uri")),
            )
        )
    return tuple(found)


def names_of(channels: tuple[Channel, ...], training: TrainingDefinition) -> frozenset[str] | None:
    """The channels' names; None when they are not all known now."""
    listed = training.request.get("InputDataConfig")
    if not (listed is None or isinstance(listed, list)):
        return None
    names = [channel.name for channel in channels if isinstance(channel.name, str)]
    return frozenset(names) if len(names) == len(listed or ()) else None


def _distribution(subject: Subject, source: Mapping[str, Any]) -> Any:
    return (
        subject.value(source.get("S3DataDistributionType", "FullyReplicated")) if source else None
    )
