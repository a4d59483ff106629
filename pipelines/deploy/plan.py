"""What has to be done so that what is deployed is what was composed. Pure: facts in, instructions out.

`Facts` are what describing found; a `Plan` is printable data, carried out by `apply.py` or shown by
`report.py`. No instructions: everything is up to date, and nothing is written, not even a new version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from params.environment import Environment
from pipelines.definition.difference import Change, differences
from pipelines.deploy.models import Synthesis
from pipelines.deploy.provenance import DEFINITION, PROJECT, SOURCE, Record, digest


@dataclass(frozen=True)
class Deployed:
    """A pipeline as DescribePipeline and ListTags show it."""

    arn: str
    definition: str
    description: str
    role_arn: str
    tags: Mapping[str, str]
    parallelism: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is there now; `missing` are the keys among those asked about that hold no object."""

    pipeline: Deployed | None
    bucket: bool
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CreateBucket:
    bucket: str
    region: str


@dataclass(frozen=True)
class PublishAsset:
    """Upload a file that a definition refers to."""

    path: Path
    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class UploadInput:
    """Upload the user's data file for an execution."""

    path: Path
    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class WriteSample:
    """Generate the synthetic data set and upload it."""

    bucket: str
    key: str
    rows: int
    seed: int

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class CreatePipeline:
    """`note` becomes the description of the first version, `parallelism` None leaves the service's default."""

    name: str
    definition: str = field(repr=False)
    description: str
    role_arn: str
    tags: Mapping[str, str]
    parallelism: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class UpdatePipeline:
    """None leaves that part alone; `changes` says what differs, for the reader.

    `note` becomes the description of the version that a new definition makes.
    """

    name: str
    definition: str | None = field(repr=False)
    description: str | None
    role_arn: str | None
    changes: tuple[Change, ...]
    parallelism: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class TagPipeline:
    """Set tags that are absent or differ; tags that others have put there stay."""

    name: str
    arn: str
    tags: Mapping[str, str]


Instruction = (
    CreateBucket
    | PublishAsset
    | UploadInput
    | WriteSample
    | CreatePipeline
    | UpdatePipeline
    | TagPipeline
)


@dataclass(frozen=True)
class Plan:
    """The instructions for one pipeline, in the order they must run."""

    name: str
    instructions: tuple[Instruction, ...]

    @property
    def own(self) -> tuple[Instruction, ...]:
        """The instructions about the pipeline itself."""
        return tuple(each for each in self.instructions if isinstance(each, _OWN))

    @property
    def shared(self) -> tuple[Instruction, ...]:
        """The others, which come first: the bucket and objects, of which other pipelines may need the same."""
        return tuple(each for each in self.instructions if not isinstance(each, _OWN))

    @property
    def action(self) -> str:
        """What happens to the pipeline: create, update, tag or "up to date"."""
        for kind, action in _ACTIONS.items():
            if any(isinstance(instruction, kind) for instruction in self.instructions):
                return action
        return "up to date"


_OWN = (CreatePipeline, UpdatePipeline, TagPipeline)
_ACTIONS: dict[type, str] = {
    CreatePipeline: "create",
    UpdatePipeline: "update",
    TagPipeline: "tag",
    PublishAsset: "publish",
}


def plan(
    environment: Environment, synthesis: Synthesis, facts: Facts, record: Record | None = None
) -> Plan:
    """Decide what to do; assets come first so that no definition points at an absent one.

    `record` is what to write down about who deploys; None writes nothing down.
    """
    assets = tuple(
        PublishAsset(asset.path, asset.bucket, asset.key)
        for asset in synthesis.assets
        if asset.key in facts.missing
    )
    pipeline = (
        (_create(environment, synthesis, record),)
        if facts.pipeline is None
        else _changes(environment, synthesis, facts.pipeline, record)
    )
    return Plan(synthesis.name, (*_bucket(environment, facts), *assets, *pipeline))


def plan_uploads(
    environment: Environment, wanted: Iterable[UploadInput | WriteSample], facts: Facts
) -> tuple[Instruction, ...]:
    """Decide what an execution's input still needs."""
    uploads = tuple(each for each in wanted if each.key in facts.missing)
    return (*_bucket(environment, facts), *uploads) if uploads else ()


def without_repeats(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """Drop what an earlier instruction does already: pipelines share the bucket and assets."""
    seen: list[Instruction] = []
    kept = []
    for each in plans:
        fresh = []
        for instruction in each.instructions:
            if instruction not in seen:
                fresh.append(instruction)
                seen.append(instruction)
        kept.append(replace(each, instructions=tuple(fresh)))
    return tuple(kept)


def _bucket(environment: Environment, facts: Facts) -> tuple[CreateBucket, ...]:
    # In AWS a bucket is infrastructure; describing has refused its absence already.
    if facts.bucket or environment.runtime is None:
        return ()
    return (CreateBucket(environment.bucket, environment.region),)


def _create(
    environment: Environment, synthesis: Synthesis, record: Record | None
) -> CreatePipeline:
    recorded = record.tags(synthesis.definition, synthesis.source) if record else {}
    return CreatePipeline(
        name=synthesis.name,
        definition=synthesis.definition,
        description=synthesis.description,
        role_arn=environment.role_arn,
        tags={**environment.tags, **recorded},
        parallelism=synthesis.parallelism,
        note=record.note if record else None,
    )


def _changes(
    environment: Environment, synthesis: Synthesis, deployed: Deployed, record: Record | None
) -> tuple[Instruction, ...]:
    update = _update(environment, synthesis, deployed, record)
    written = update is not None and update.definition is not None
    wanted = {**environment.tags, **_recorded(synthesis, deployed, record, written=written)}
    tags = {k: v for k, v in wanted.items() if deployed.tags.get(k) != v}
    tag = TagPipeline(synthesis.name, deployed.arn, tags) if tags else None
    return tuple(each for each in (update, tag) if each is not None)


def _update(
    environment: Environment, synthesis: Synthesis, deployed: Deployed, record: Record | None
) -> UpdatePipeline | None:
    definition = differences(deployed.definition, synthesis.definition)
    description = _other("description", deployed.description, synthesis.description)
    role = _other("role", deployed.role_arn, environment.role_arn)
    # A composition that says nothing about it leaves alone what somebody has set.
    wanted = deployed.parallelism if synthesis.parallelism is None else synthesis.parallelism
    parallelism = _other("parallelism", deployed.parallelism, wanted)
    changes = (*definition, *description, *role, *parallelism)
    if not changes:
        return None
    return UpdatePipeline(
        name=synthesis.name,
        definition=synthesis.definition if definition else None,
        description=synthesis.description if description else None,
        role_arn=environment.role_arn if role else None,
        changes=changes,
        parallelism=wanted if parallelism else None,
        note=record.note if record and definition else None,
    )


def _recorded(
    synthesis: Synthesis, deployed: Deployed, record: Record | None, *, written: bool
) -> Mapping[str, str]:
    """The tags about who deploys: with a definition, or when those that are there don't fit what is deployed.

    That only the commit is another one is no reason: an unchanged pipeline is not written to.
    """
    if record is None:
        return {}
    if written:
        return record.tags(synthesis.definition, synthesis.source)
    fits = deployed.tags.get(DEFINITION) == digest(deployed.definition)
    ours = deployed.tags.get(PROJECT) == record.project
    known = synthesis.source is None or deployed.tags.get(SOURCE) == synthesis.source
    return {} if fits and ours and known else record.tags(deployed.definition, synthesis.source)


def _other(what: str, before: object, after: object) -> tuple[Change, ...]:
    return () if before == after else (Change("~", what, before, after, what),)
