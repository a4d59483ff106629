from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok
from pipelines.deploy.permissions import Permission, needed
from pipelines.deploy.text import count


class Permissions(Check):
    """The execution role may do everything that the definitions ask for, each action on its own resource."""

    name = "permissions"
    rank = 60
    needs = ("role",)
    aws_only = "the local runtime asks no role for permission"

    def run(self, context: Context) -> Result:
        role = context.environment.role_arn
        asked = {
            permission
            for each in context.compositions
            for permission in needed(each.definition, context.environment)
        }
        denied = context.probe.denied(role, sorted(asked))
        if not denied:
            return ok(
                f"{count(len(asked), 'permission')}, simulated for each resource: all allowed"
            )
        return failed(
            f"{len(denied)} of {count(len(asked), 'permission')} are not allowed:\n"
            + "\n".join(listed(denied)),
            f"allow them in a policy of the role {role.rpartition('/')[2]} (a permissions boundary, or a policy of "
            "the organisation, may be what forbids them)",
        )


def listed(permissions: Sequence[Permission]) -> Iterator[str]:
    """A line for each resource with the actions on it."""
    places: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for each in permissions:
        places.setdefault((each.resource, each.context), []).append(each.action)
    for (resource, context), actions in places.items():
        under = "".join(f" with {key} = {value}" for key, value in context)
        yield f"{', '.join(actions)} on {resource}{under}"
