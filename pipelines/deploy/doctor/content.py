from __future__ import annotations

from collections.abc import Iterator

from pipelines.deploy import inputs
from pipelines.deploy.doctor._base import (
    Check,
    Composition,
    Context,
    Result,
    ok,
    skipped,
    together,
)
from pipelines.deploy.doctor._content import READ, Sample, channel_findings, column_findings, looks
from pipelines.deploy.doctor._sources import Source, sources
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.known import UNKNOWN, KnownValues

_LOOKED_AT = 20
_NOTHING = "no channel of a built-in algorithm, and no table, is there before the start"


class Content(Check):
    """The first rows look like what reads them expects.

    Channels of built-in algorithms: the content type, no header, the label first. The table that Prepare reads: the
    columns that parameters name. Only the first object of each, and of it the first 64 KB.
    """

    name = "content"
    rank = 110
    needs = ("credentials",)

    def run(self, context: Context) -> Result:
        results = [
            result
            for composition in context.compositions
            for source in _looked_at(context, composition)
            for result in _judge(context, composition, source)
        ]
        return together(dict.fromkeys(results), skipped(_NOTHING))


def _looked_at(context: Context, composition: Composition) -> Iterator[Source]:
    for source in sources(composition.definition, context.environment):
        if source.reader is not None or source.uri == _table(composition):
            yield source


def _table(composition: Composition) -> str | None:
    """The URI of the raw table, when its label column is known too."""
    known = {each.name: each.default for each in composition.definition.parameters}
    uri = known.get(inputs.PARAMETER)
    return uri if isinstance(uri, str) and known.get("LabelColumn") is not None else None


def _judge(context: Context, composition: Composition, source: Source) -> Iterator[Result]:
    if source.manifest:
        yield skipped(f"{source.uri} is a manifest; the objects that it lists are not looked into")
        return
    try:
        sample = _sample(context, source)
    except ServiceError as error:
        yield skipped(f"{source.uri}: {error}")
        return
    if sample is None:
        yield skipped(f"{source.uri} is not there yet")
        return
    if source.reader is not None:
        findings = channel_findings(source, sample)
        fine = f"{sample.uri} {looks(source)}"
    else:
        findings = column_findings(sample, *_columns(composition))
        fine = f"{sample.uri} has the columns that the parameters name"
    yield from findings or [ok(fine)]


def _sample(context: Context, source: Source) -> Sample | None:
    objects = context.probe.first_objects(source.bucket, source.prefix, _LOOKED_AT)
    first = next((each for each in objects if each.size and not _is_hidden(each.key)), None)
    if first is None:
        return None
    data = context.probe.beginning(source.bucket, first.key, READ)
    return Sample(f"s3://{source.bucket}/{first.key}", data, first.size <= READ)


def _is_hidden(key: str) -> bool:
    return key.rpartition("/")[2].startswith((".", "_"))


def _columns(composition: Composition) -> tuple[str, list[str]]:
    known = KnownValues(composition.definition)
    label, dropped = (
        known.text({"Get": f"Parameters.{name}"}) for name in ("LabelColumn", "DropColumns")
    )
    names = [
        name for name in map(str.strip, dropped.split(",")) if name not in ("", "none", UNKNOWN)
    ]
    return label, names
