"""Runs the checks in turn; what one cannot see never stops the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.definition.discovery import by_key, find
from pipelines.deploy import doctor
from pipelines.deploy.doctor._base import Check, Context, Result, Status, of_error, skipped
from pipelines.deploy.errors import DeployError


@dataclass(frozen=True)
class Finding:
    """What a check, by its name, answered."""

    check: str
    result: Result


def all_checks() -> tuple[type[Check], ...]:
    """Every check of this folder, in the order of the table."""
    found = find(doctor, Check)  # type: ignore[type-abstract]
    return tuple(sorted(by_key(found, "name").values(), key=lambda each: each.rank))


def examine(context: Context, checks: Sequence[type[Check]]) -> Iterator[Finding]:
    """One finding for each check, as soon as it is known."""
    seen: dict[str, Status] = {}
    for kind in checks:
        check = kind()
        result = _prevented(check, context, seen) or _look(check, context)
        seen[check.name] = result.status
        yield Finding(check.name, result)


def _prevented(check: Check, context: Context, seen: dict[str, Status]) -> Result | None:
    if check.aws_only and not context.aws:
        return skipped(check.aws_only)
    for name in check.needs:
        if seen.get(name) is Status.FAILED:
            return skipped(f"'{name}' failed: see to that first")
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
