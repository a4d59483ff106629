from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.check import near
from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok, together, warning
from pipelines.deploy.doctor._demand import demands


class Quotas(Check):
    """The account may use as many instances as one execution would at a time; what others use is not known."""

    name = "quotas"
    rank = 130
    needs = ("credentials",)
    aws_only = "the local runtime has no quotas"

    def run(self, context: Context) -> Result:
        asked: dict[str, tuple[int, str]] = {}
        for each in context.compositions:
            for quota, amount in demands(each.definition).items():
                asked[quota] = max(asked.get(quota, (0, "")), (amount, each.name))
        if not asked:
            return ok("no step asks for instances whose type is known")
        quotas = context.probe.quotas()
        fine = ok(
            "\n".join(f"{name}: {asked[name][0]} of {quotas.get(name, 0):g}" for name in asked)
        )
        return together(_short(asked, quotas), fine)


def _short(asked: dict[str, tuple[int, str]], quotas: dict[str, float]) -> Iterator[Result]:
    for quota, (amount, name) in asked.items():
        if quota not in quotas:
            kind = quota.partition(" ")[2]
            same_kind = [each for each in quotas if each.partition(" ")[2] == kind]
            hint = near(quota, same_kind) if len(same_kind) < 30 else ""
            yield warning(f"there is no quota '{quota}'", f"is that an instance type{hint or '?'}")
        elif quotas[quota] < amount:
            yield failed(
                f"{name} uses up to {amount} at a time of '{quota}', the account has {quotas[quota]:g}",
                f"ask for {amount} or more in Service Quotas (Amazon SageMaker), or choose another instance type",
            )
