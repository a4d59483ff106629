from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# Step type -> where its work runs: on what exists, or on what is made for it.
_CHOICES = {
    "EMR": ("ClusterId", "ClusterConfig"),
    "EMRServerless": ("ApplicationId", "ApplicationConfig"),
}


class EMRCluster(Rule):
    """An EMR or EMR Serverless step names no cluster or application to run on, or two.

    It runs either on one that exists (ClusterId, ApplicationId) or on one that is made for it (ClusterConfig,
    ApplicationConfig); otherwise the service cannot tell which one is meant.

    Wrong:
        {"ClusterId": "j-1ABCDEFGHIJKL", "ClusterConfig": {"ReleaseLabel": "emr-6.15.0"}, "StepConfig": {...}}

    Right:
        {"ClusterId": "j-1ABCDEFGHIJKL", "StepConfig": {...}}
    """

    code = "E2040"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            existing, made = _CHOICES.get(step.type, ("", ""))
            given = [key for key in (existing, made) if step.arguments.get(key) is not None]
            if existing and len(given) != 1:
                found = "both are given; remove one" if given else "neither is given; add one"
                yield Match(
                    f"{step.pointer}/Arguments",
                    f"an {step.type} step takes either '{existing}' or '{made}', and {found}",
                )
