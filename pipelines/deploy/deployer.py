"""The stages of a deployment, in order: compose, check, describe, plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from params.environment import Environment
from pipelines.definition.check import check
from pipelines.definition.document import Definition, parse
from pipelines.definition.errors import DefinitionError
from pipelines.deploy import describe
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import DefinitionInvalid, listed
from pipelines.deploy.models import Synthesis
from pipelines.deploy.plan import Plan, plan, plan_uploads, without_repeats
from pipelines.deploy.start import Launch
from pipelines.deploy.synth import synthesise


@dataclass(frozen=True)
class Composed:
    """A synthesis that is well formed, and its definition as data."""

    synthesis: Synthesis
    definition: Definition


def compose(environment: Environment, names: Sequence[str]) -> tuple[Composed, ...]:
    """Synthesise and check. Raises DefinitionInvalid with every problem of the first bad pipeline."""
    return tuple(_checked(synthesise(name, environment)) for name in names)


def plan_all(
    aws: Aws,
    environment: Environment,
    composed: Sequence[Composed],
    launches: Mapping[str, Launch],
) -> tuple[Plan, ...]:
    """Describe what is deployed and decide what to do, for each pipeline in turn."""
    return without_repeats(
        _plan(aws, environment, each.synthesis, launches.get(each.synthesis.name))
        for each in composed
    )


def _checked(synthesis: Synthesis) -> Composed:
    try:
        definition = parse(synthesis.definition)
    except DefinitionError as error:
        raise DefinitionInvalid(listed(f"{synthesis.name}: definition", error.problems)) from error
    if problems := check(definition):
        raise DefinitionInvalid(listed(f"{synthesis.name}: definition", problems))
    return Composed(synthesis, definition)


def _plan(aws: Aws, environment: Environment, synthesis: Synthesis, launch: Launch | None) -> Plan:
    assets = [(asset.bucket, asset.key) for asset in synthesis.assets]
    objects = [*assets, *(launch.objects() if launch else ())]
    facts = describe.facts(aws, environment, synthesis.name, objects)
    decided = plan(environment, synthesis, facts)
    extra = plan_uploads(environment, launch.uploads if launch else (), facts)
    return Plan(decided.name, (*decided.instructions, *extra))
