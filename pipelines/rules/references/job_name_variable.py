from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.expressions import ExecutionReference, references
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

# Variable -> the types of the steps whose jobs it names. What a training job of a tuning job sees is not known.
_STEPS = {
    "TrainingJobName": ("Training", "Tuning"),
    "ProcessingJobName": ("Processing", "QualityCheck", "ClarifyCheck"),
}


class JobNameVariable(Rule):
    """Execution.TrainingJobName or Execution.ProcessingJobName stands in a step that makes no such job.

    The variable names the job that the step itself makes. The name of another step's job is a property of that step.

    Wrong:
        {"Type": "Lambda", "Arguments": {"job": {"Get": "Execution.TrainingJobName"}}}

    Right:
        {"Type": "Lambda", "Arguments": {"job": {"Get": "Steps.Train.TrainingJobName"}}}
    """

    code = "W3015"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            for where, reference in references(step.expressions):
                if isinstance(reference, ExecutionReference) and step.type not in _STEPS.get(
                    reference.name, (step.type,)
                ):
                    yield Match(
                        where,
                        f"Execution.{reference.name} has a value only in a {_STEPS[reference.name][0]} step, for the "
                        f"step's own job. To name another step's job, use Steps.NAME.{reference.name}",
                    )
