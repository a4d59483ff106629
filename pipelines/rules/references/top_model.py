from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.definition.document import StepDefinition
from pipelines.definition.expressions import StepReference
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, mapping

# "A tuning step stores up to 50 top performing training jobs."
_MOST = 50


class TopModel(Rule):
    """A reference takes a training job of a tuning job that does not start that many.

    TrainingJobSummaries[0] is the best training job. There are as many as MaxNumberOfTrainingJobs, and no more than
    50 can be referred to.

    Wrong:
        {"Get": "Steps.Tune.TrainingJobSummaries[5].TrainingJobName"} with "MaxNumberOfTrainingJobs": 5

    Right:
        {"Get": "Steps.Tune.TrainingJobSummaries[4].TrainingJobName"}
    """

    code = "E3013"

    def check(self, subject: Subject) -> Iterator[Match]:
        for found in subject.step_references.values():
            for where, reference in found:
                step = subject.steps.get(reference.step)
                if step and (problem := _problem(step, reference, subject)):
                    yield Match(where, problem)


def _problem(step: StepDefinition, reference: StepReference, subject: Subject) -> str | None:
    index = reference.path[1] if len(reference.path) > 1 else None
    if not (isinstance(index, int) and reference.path[0] == "TrainingJobSummaries"):
        return None
    if index >= _MOST:
        return f"TrainingJobSummaries[{index}] does not exist: the best {_MOST} are kept, 0 to {_MOST - 1}"
    config = mapping(step.arguments.get("HyperParameterTuningJobConfig"))
    limits = mapping(config.get("ResourceLimits"))
    written = limits.get("MaxNumberOfTrainingJobs")
    is_get = isinstance(written, Mapping) and "Get" in written
    jobs = subject.value(written) if is_get else written
    if not isinstance(jobs, int) or index < jobs:
        return None
    by_default = " by default" if written != jobs else ""
    return (
        f"TrainingJobSummaries[{index}] does not exist: step '{step.name}' starts {jobs} training jobs{by_default}, "
        f"0 to {jobs - 1}. Raise MaxNumberOfTrainingJobs, or take an earlier one"
    )
