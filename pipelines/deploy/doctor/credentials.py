from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, Status, failed, of_error, ok
from pipelines.deploy.errors import ServiceError


class Credentials(Check):
    """There are credentials, they are valid, and of the account that has the execution role."""

    name = "credentials"
    rank = 10

    def run(self, context: Context) -> Result:
        try:
            account, arn = context.probe.caller()
        except ServiceError as error:
            return of_error(Status.FAILED, error)
        owner = context.environment.role_arn.split(":")[4]
        if account != owner:
            return failed(
                f"{arn} is of account {account}, but role_arn is of account {owner}",
                "a role can be passed within its account only: use credentials of that account, or correct "
                "role_arn of the environment",
            )
        return ok(arn)
