from __future__ import annotations

from collections.abc import Iterator

from pipelines.deploy import inputs
from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok, skipped, together
from pipelines.deploy.doctor._sources import Source, sources
from pipelines.deploy.errors import ServiceError
from pipelines.deploy.text import count

# Folders that consoles make are empty objects: look a little further than the first.
_LOOKED_AT = 20


class Data(Check):
    """There are objects under every S3 URI that must be filled before the start."""

    name = "data"
    rank = 100
    needs = ("credentials",)

    def run(self, context: Context) -> Result:
        found = {
            source.uri: (composition.name, source)
            for composition in context.compositions
            for source in sources(composition.definition, context.environment)
        }
        samples = set(_samples(context))
        results = [
            _look(context, f"{name}: {source.where}", source, sample=source.uri in samples)
            for name, source in found.values()
        ]
        return together(results, ok("no step reads anything that is not made or published"))


def _look(context: Context, where: str, source: Source, *, sample: bool) -> Result:
    try:
        objects = context.probe.first_objects(source.bucket, source.prefix, _LOOKED_AT)
    except ServiceError as error:
        return skipped(f"{source.uri} ({where}): {error}")
    filled = [each for each in objects if each.size]
    if filled:
        more = " or more" if len(objects) == _LOOKED_AT else ""
        return ok(f"{source.uri}: {count(len(filled), 'object')}{more}")
    if sample:
        return ok(f"{source.uri} is not there yet: upsert --start makes a sample of it")
    what = "only empty objects" if objects else "no object"
    return failed(
        f"{source.uri} ({where}): {what}",
        "upload the data (aws s3 cp FILE URI), or say where it is: --input or the parameter's default in the "
        "environment",
    )


def _samples(context: Context) -> Iterator[str]:
    """What upsert and run write by themselves, in the local runtime only."""
    ours = context.environment.runtime is not None
    for each in context.compositions if ours else ():
        for upload in inputs.sample(context.environment, each.definition, None).uploads:
            yield upload.uri
