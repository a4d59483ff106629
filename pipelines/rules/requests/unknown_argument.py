from __future__ import annotations

from pipelines.rules._base import ProblemRule


class UnknownArgument(ProblemRule):
    """The Arguments of a step have a member that the Create call does not have.

    CreatePipeline refuses it: "Unknown Argument member", without the place. Names that the service gives itself (the
    ExperimentConfig of a job, the name of a model package) count as unknown too.

    Wrong:
        {"Type": "Training", "Arguments": {"HyperParamters": {"eta": "0.1"}}}

    Right:
        {"Type": "Training", "Arguments": {"HyperParameters": {"eta": "0.1"}}}
    """

    code = "E2001"
    kinds = ("unknown-argument",)
