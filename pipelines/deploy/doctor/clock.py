from __future__ import annotations

from pipelines.deploy.doctor._base import Check, Context, Result, failed, ok, skipped, warning
from pipelines.deploy.text import duration

# AWS refuses what was signed more than five minutes away from its own time (S3: fifteen).
_REFUSED = 300
_DRIFTING = 60


class Clock(Check):
    """This machine's clock agrees with AWS's: requests are signed with the time."""

    name = "clock"
    rank = 20
    aws_only = "the local runtime reads the clock of this machine"

    def run(self, context: Context) -> Result:
        theirs = context.probe.server_time()
        if theirs is None:
            return skipped("the answer carries no time")
        apart = (context.now() - theirs).total_seconds()
        side = "ahead of" if apart > 0 else "behind"
        found = f"this machine is {duration(abs(apart))} {side} AWS"
        if abs(apart) > _REFUSED:
            return failed(
                found, "set the clock (switch time synchronisation on): requests are refused"
            )
        if abs(apart) > _DRIFTING:
            return warning(
                found, "switch time synchronisation on: beyond 5 min requests are refused"
            )
        return ok("agrees with AWS to the minute")
