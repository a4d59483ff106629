"""Where a model comes from: the training job, what it read, the jobs that made that, the code they ran.

Followed backwards through one execution: a job's input belongs to the step whose output covers its URI.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runtime.api import ApiError
from runtime.ui.finding import Origin, steps_of
from runtime.ui.jobs import Location, locations
from runtime.ui.s3_facts import Facts, facts, is_code
from runtime.ui.site import Document, Site
from runtime.ui.steps import Step

_MOST_STEPS = 30


@dataclass(frozen=True)
class Used:
    """Something that was read; `changed` when it was written again after the job had begun."""

    label: str
    facts: Facts
    changed: bool = False


@dataclass(frozen=True)
class Made:
    """One job on the way to the model; `step` is None for a job that no step of the execution ran."""

    kind: str
    name: str
    step: str
    status: str
    start: float
    data: tuple[Used, ...]
    code: tuple[Used, ...]
    image: str = ""
    source: str = ""


@dataclass(frozen=True)
class _Ran:
    """A step's job as the API describes it."""

    step: Step
    described: Document
    outputs: Sequence[str]


def lineage(site: Site, origin: Origin | None, model_uri: str) -> list[Made]:
    """The jobs that a model comes from, what ran first first; empty when nothing is known."""
    ran = list(_ran(site, origin)) if origin else []
    found: dict[str, Made] = {}
    _follow(site, model_uri, ran, found)
    return sorted(found.values(), key=lambda made: made.start)


def _follow(site: Site, uri: str, ran: Sequence[_Ran], found: dict[str, Made]) -> None:
    waiting = [uri]
    while waiting and len(found) < _MOST_STEPS:
        wanted = waiting.pop()
        maker = _maker(wanted, ran)
        if maker is None or maker.step.name in found:
            continue
        described = _trial(site, maker, wanted) or maker.described
        made = _made(site, maker, described)
        found[maker.step.name] = made
        waiting += [used.facts.uri for used in made.data]


def _maker(uri: str, ran: Sequence[_Ran]) -> _Ran | None:
    """The step whose output covers the URI; of several the one with the longest."""
    covers = [(len(each), one) for one in ran for each in one.outputs if _within(uri, each)]
    return max(covers, key=lambda pair: pair[0])[1] if covers else None


def _within(uri: str, output: str) -> bool:
    return uri == output or uri.startswith(f"{output.rstrip('/')}/")


def _trial(site: Site, maker: _Ran, uri: str) -> Document | None:
    """Of a tuning job, the training job that wrote the model."""
    if maker.step.job is None or maker.step.job.kind != "HyperParameterTuningJob":
        return None
    for name in reversed(uri.split("/")):
        if name.startswith(f"{maker.step.job.name}-"):
            return _described(site, "TrainingJob", name)
    return None


def _made(site: Site, maker: _Ran, described: Document) -> Made:
    assert maker.step.job is not None
    kind = "TrainingJob" if "TrainingJobName" in described else maker.step.job.kind
    start = _began(described)
    inputs, _ = locations(described)
    used = [_used(site, each, start) for each in inputs]
    return Made(
        kind=kind,
        name=str(described.get(f"{kind}Name", maker.step.job.name)),
        step=maker.step.name,
        status=maker.step.status,
        start=start,
        data=tuple(each for each in used if not is_code(each.facts.uri)),
        code=tuple(each for each in used if is_code(each.facts.uri)),
        image=_image(described),
        source=maker.step.source,
    )


def _used(site: Site, location: Location, start: float) -> Used:
    found = facts(site, location.uri)
    return Used(location.label, found, changed=bool(found.count) and found.modified > start)


def _began(described: Document) -> float:
    names = ("TrainingStartTime", "ProcessingStartTime", "TransformStartTime", "CreationTime")
    return float(next((described[name] for name in names if described.get(name)), 0.0))


def _image(described: Document) -> str:
    parts: tuple[Mapping[str, str], ...] = (
        described.get("AlgorithmSpecification", {}),
        described.get("AppSpecification", {}),
    )
    return next((p[key] for p in parts for key in ("TrainingImage", "ImageUri") if p.get(key)), "")


def _ran(site: Site, origin: Origin) -> Iterator[_Ran]:
    for step in steps_of(site, origin.arn):
        if step.job is None or step.job.kind in ("Model", "ModelPackage"):
            continue
        described = _described(site, step.job.kind, step.job.name)
        if described:
            yield _Ran(step, described, _outputs(described))


def _outputs(described: Document) -> list[str]:
    """What a job wrote; a tuning job's training jobs write below its definitions' output paths."""
    _, found = locations(described)
    return [each.uri for each in found]


def _described(site: Site, kind: str, name: str) -> Document:
    try:
        return site.call(f"Describe{kind}", **{f"{kind}Name": name})
    except ApiError:
        return {}
