"""What a composition must pass before anything is written: no rule finds an error in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from params.environment import Environment
from pipelines.deploy.errors import DefinitionInvalid, listed
from pipelines.deploy.findings.checked import Checked, checked
from pipelines.deploy.sources import Source
from pipelines.rules._base import Finding


def gate(environment: Environment, found: Sequence[Source], *, cache: bool) -> list[str]:
    """A note for each definition with warnings. Raises DefinitionInvalid with the errors of all of them."""
    results = checked(
        found, region=environment.region, disabled=environment.disabled_rules, cache=cache
    )
    broken = [result for result in results if result.errors]
    if broken:
        raise DefinitionInvalid("\n".join(_errors(result) for result in broken))
    return list(_notes(environment, results))


def _errors(result: Checked) -> str:
    lines = [_error(result, each) for each in result.errors]
    return listed(f"{result.source.name}: definition", lines)


def _error(result: Checked, finding: Finding) -> str:
    place = result.place(finding)
    where = f" ({finding.step}, {place})" if place else ""
    return f"{finding.pointer or '/'}{where}: {finding.message} [{finding.code}]"


def _notes(environment: Environment, results: Sequence[Checked]) -> Iterator[str]:
    for result in results:
        if result.findings:
            name = environment.composition(result.source.name)
            command = f"python -m pipelines.validate {name} --env {environment.name}"
            yield f"{result.source.name}: {result.summary}; {command} shows them"
