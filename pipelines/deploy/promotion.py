"""From one environment to the next: is what is deployed there what this checkout composes, and what differs here?

The digest `pipelines:source` decides (`neutral.py`): it is recorded with what is deployed and is the same in every
environment. That a later commit has changed nothing of a pipeline is no reason to refuse: what was tried is what
is promoted. What this checkout is must be a commit, so that what runs in production can be found again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from params.environment import Environment
from pipelines.definition.document import canonical
from pipelines.deploy import describe, parallel
from pipelines.deploy.endpoint import open_endpoint
from pipelines.deploy.errors import DeployError, UsageError, listed
from pipelines.deploy.models import Synthesis
from pipelines.deploy.plan import Deployed
from pipelines.deploy.provenance import COMMIT, SOURCE, UNKNOWN, Commit, drifted


class NotPromoted(DeployError):
    """What is to be deployed is not what the other environment has."""


@dataclass(frozen=True)
class Counterpart:
    """A pipeline as another environment has it; None when it has none."""

    synthesis: Synthesis
    deployed: Deployed | None


def counterparts(
    here: Environment, there: Environment, wanted: Sequence[Synthesis]
) -> tuple[Counterpart, ...]:
    """What the other environment has of each pipeline. Raises DeployError."""
    with open_endpoint(there) as endpoint:
        found = parallel.every(
            lambda each: describe.deployed(endpoint.aws, there.named(here.composition(each.name))),
            wanted,
        )
    return tuple(Counterpart(each, one) for each, one in zip(wanted, found, strict=True))


def check_promoted(
    there: Environment, found: Sequence[Counterpart], commit: Commit | None
) -> list[str]:
    """A note for each pipeline that an earlier commit was deployed of. Raises NotPromoted with every problem."""
    problems = [*_commit_problems(commit)]
    for each in found:
        problems += [f"'{each.synthesis.name}' {why}" for why in _problems(there, each, commit)]
    if problems:
        raise NotPromoted(listed(f"--promoted-from {there.name}", problems))
    return [
        f"{each.synthesis.name}: '{there.name}' has it from commit {each.deployed.tags.get(COMMIT)}; "
        "nothing of it has changed since"
        for each in found
        if each.deployed and commit and each.deployed.tags.get(COMMIT) != commit.sha
    ]


def as_if_here(here: Environment, there: Environment, other: Counterpart) -> Deployed:
    """What the other environment has, with this one's places and role instead of its own. Raises UsageError."""
    deployed = other.deployed
    if deployed is None:
        raise UsageError(
            f"--against {there.name}: pipeline '{there.named(here.composition(other.synthesis.name))}' "
            "is not deployed there"
        )
    try:
        document = json.loads(deployed.definition)
    except (ValueError, RecursionError):
        return deployed
    replaced = _Places(here, there, here.composition(other.synthesis.name)).moved(document)
    return replace(deployed, definition=canonical(replaced), role_arn=here.role_arn)


class _Places:
    """Replaces in texts what the environments' settings put there."""

    def __init__(self, here: Environment, there: Environment, pipeline: str) -> None:
        self._whole = {there.named(pipeline): here.named(pipeline)}
        parts = {
            f"{there.bucket}/{there.prefix}/{pipeline}": f"{here.bucket}/{here.prefix}/{pipeline}",
            f"{there.bucket}/{there.shared_prefix}/": f"{here.bucket}/{here.shared_prefix}/",
            there.role_arn: here.role_arn,
            there.bucket: here.bucket,
        }
        self._parts = parts
        # The longest first: a bucket's name is a part of a key's URI.
        longest = sorted(parts, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest)))

    def moved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.moved(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.moved(member) for member in value]
        if not isinstance(value, str):
            return value
        if value in self._whole:
            return self._whole[value]
        return self._pattern.sub(lambda match: self._parts[match.group()], value)


def _commit_problems(commit: Commit | None) -> Iterator[str]:
    if commit is None:
        yield "this is no git checkout, so nothing would say what was promoted"
    elif commit.sha.endswith("+"):
        yield f"files differ from commit {commit.sha[:-1]}: commit them, or take them back"


def _problems(there: Environment, other: Counterpart, commit: Commit | None) -> Iterator[str]:
    deployed, source = other.deployed, other.synthesis.source
    if source is None:
        yield "needs to know the environment to be composed, so it is nothing that two environments could share"
    elif deployed is None:
        yield f"is not deployed in '{there.name}'; deploy and try it there first"
    elif deployed.tags.get(SOURCE, UNKNOWN) == UNKNOWN:
        yield f"in '{there.name}' does not say what it was composed from; upsert it there again"
    elif drifted(deployed.tags, deployed.definition):
        yield f"in '{there.name}' was changed since it was deployed from here; upsert it there again"
    elif deployed.tags[SOURCE] != source:
        sha = commit.sha if commit else UNKNOWN
        yield (
            f"in '{there.name}' is of commit {deployed.tags.get(COMMIT, UNKNOWN)} and not what this checkout "
            f"({sha}) composes; deploy this one there first, or check that commit out"
        )
