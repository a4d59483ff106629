from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok, warning
from pipelines.deploy.permissions import SERVICE

_ACTIONS = {"sts:assumerole", "sts:*", "*"}


class Trust(Check):
    """SageMaker may assume the execution role."""

    name = "trust"
    rank = 50
    needs = ("role",)

    def run(self, context: Context) -> Result:
        _, _, _, _, account, role = context.environment.role_arn.split(":", 5)
        return judge(context.probe.trust_policy(role.rpartition("/")[2]) or {}, account)


def judge(policy: Mapping[str, Any], account: str) -> Result:
    """Whether a trust policy of the account's lets SageMaker in."""
    applying = [each for each in _statements(policy) if _names_service(each)]
    if any(each.get("Effect") == "Deny" and not each.get("Condition") for each in applying):
        return failed(
            f"the trust policy denies {SERVICE} to assume the role",
            "take that statement out of the role's trust policy",
        )
    allowing = [each for each in applying if each.get("Effect") == "Allow"]
    if not allowing:
        return failed(
            f"the trust policy does not let {SERVICE} assume the role; "
            f"it trusts {', '.join(sorted(set(_trusted(policy)))) or 'nobody'}",
            f'add to the role\'s trust policy: "Effect": "Allow", "Principal": {{"Service": "{SERVICE}"}}, '
            '"Action": "sts:AssumeRole"',
        )
    if all(each.get("Condition") for each in allowing):
        return _conditional(allowing, account)
    return ok(f"{SERVICE} may assume it")


def _conditional(statements: list[Mapping[str, Any]], account: str) -> Result:
    """The one condition that is understood here is AWS's own advice: only for this account."""
    asked = [_conditions(each) for each in statements]
    if any(one == {"aws:sourceaccount": {account}} for one in asked):
        return ok(f"{SERVICE} may assume it for account {account}")
    if all("aws:sourceaccount" in one and account not in one["aws:sourceaccount"] for one in asked):
        return failed(
            f"the trust policy lets {SERVICE} assume the role for other accounts only",
            f"correct aws:SourceAccount in the role's trust policy to {account}",
        )
    keys = ", ".join(sorted({key for one in asked for key in one}))
    return warning(
        f"the trust policy lets {SERVICE} assume the role under conditions ({keys})",
        "make sure that SageMaker's own requests meet them",
    )


def _conditions(statement: Mapping[str, Any]) -> dict[str, set[str]]:
    """Condition key, in lower case -> its values."""
    found: dict[str, set[str]] = {}
    for entries in _mapping(statement.get("Condition")).values():
        for key, values in _mapping(entries).items():
            found.setdefault(str(key).lower(), set()).update(map(str, _several(values)))
    return found


def _statements(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in _several(policy.get("Statement")):
        if isinstance(each, Mapping):
            yield each


def _names_service(statement: Mapping[str, Any]) -> bool:
    actions = {str(action).lower() for action in _several(statement.get("Action"))}
    return bool(actions & _ACTIONS) and bool({SERVICE, "*"} & set(_principals(statement)))


def _trusted(policy: Mapping[str, Any]) -> Iterator[str]:
    for each in _statements(policy):
        if each.get("Effect") == "Allow":
            yield from _principals(each)


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        for values in principal.values():
            yield from map(str, _several(values))
    else:
        yield from map(str, _several(principal))


def _several(value: object) -> list[Any]:
    """A policy may write one entry without its list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
