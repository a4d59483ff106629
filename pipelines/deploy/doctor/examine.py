"""Runs the checks in turn; what one cannot see never stops the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.deploy.doctor._base import Check, Context, Result, Status, of_error, skipped
from pipelines.deploy.doctor.bucket import Bucket
from pipelines.deploy.doctor.bucket_encryption import BucketEncryption
from pipelines.deploy.doctor.bucket_region import BucketRegion
from pipelines.deploy.doctor.clock import Clock
from pipelines.deploy.doctor.content import Content
from pipelines.deploy.doctor.credentials import Credentials
from pipelines.deploy.doctor.data import Data
from pipelines.deploy.doctor.images import Images
from pipelines.deploy.doctor.permissions import Permissions
from pipelines.deploy.doctor.quotas import Quotas
from pipelines.deploy.doctor.region import Region
from pipelines.deploy.doctor.role import Role
from pipelines.deploy.doctor.trust import Trust
from pipelines.deploy.errors import DeployError

# In the order of the table; a check comes after those it needs.
CHECKS: tuple[type[Check], ...] = (
    *(Credentials, Clock, Region),
    *(Role, Trust, Permissions),
    *(Bucket, BucketRegion, BucketEncryption),
    *(Data, Content),
    *(Images, Quotas),
)


@dataclass(frozen=True)
class Finding:
    """What a check, by its name, answered."""

    check: str
    result: Result


def examine(context: Context, checks: Sequence[type[Check]] = CHECKS) -> Iterator[Finding]:
    """One finding for each check, as soon as it is known."""
    seen: dict[str, Status] = {}
    for kind in checks:
        check = kind()
        result = _prevented(check, context, seen) or _look(check, context)
        seen[check.name] = result.status
        yield Finding(check.name, result)


def _prevented(check: Check, context: Context, seen: dict[str, Status]) -> Result | None:
    if context.local and check.not_local:
        return skipped(check.not_local)
    for name in check.needs:
        if seen.get(name) is Status.FAILED:
            return skipped(f"'{name}' failed", f"see to '{name}' first")
        if seen.get(name) is Status.SKIPPED:
            return skipped(f"'{name}' was skipped, and this needs it")
    return None


def _look(check: Check, context: Context) -> Result:
    try:
        return check.run(context)
    except DeployError as error:
        return of_error(Status.SKIPPED, error, "could not look: ")
    # The last door of a plugin: a mistake in one check must not hide what the others found.
    except Exception as error:  # noqa: BLE001
        return skipped(
            f"could not look: unexpected {type(error).__name__}: {error}",
            f"a mistake of the check, in pipelines/deploy/doctor/{check.name.replace(' ', '_')}.py",
        )
