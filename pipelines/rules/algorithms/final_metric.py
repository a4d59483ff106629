from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.definition.expressions import Key, StepReference
from pipelines.definition.graph import referenced_steps
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, TrainingDefinition
from pipelines.rules.algorithms._jobs import (
    BuiltIn,
    built_in,
    first_party,
    hint,
    shown,
)
from pipelines.rules.algorithms._metrics import defined, why_absent, why_not_evaluated


class FinalMetric(Rule):
    """A step refers to a metric that the training job will not have.

    A reference to FinalMetricDataList that finds nothing fails the step, after the training is paid.

    Wrong:
        {"Get": "Steps.Train.FinalMetricDataList['validation:rsme'].Value"}

    Right:
        {"Get": "Steps.Train.FinalMetricDataList['validation:rmse'].Value"}
    """

    code = "E8033"

    def check(self, subject: Subject) -> Iterator[Match]:
        trainings = {one.step.name: one for one in subject.training if not one.tuned}
        jobs = {job.training.step.name: job for job in built_in(subject) if not job.training.tuned}
        for step in subject.all_steps:
            for pointer, reference in referenced_steps(step):
                name = _metric(reference)
                training = trainings.get(reference.step)
                why = _why_absent(subject, training, jobs, name) if name and training else None
                if why:
                    text = (
                        f"'{reference.step}' will not have the metric '{shown(name or '')}': {why}"
                    )
                    yield Match(pointer, text)


def _metric(reference: StepReference) -> str | None:
    path = reference.path
    if len(path) > 1 and path[0] == "FinalMetricDataList" and isinstance(path[1], Key):
        return path[1].name
    return None


def _why_absent(
    subject: Subject, training: TrainingDefinition, jobs: Mapping[str, BuiltIn], name: str
) -> str | None:
    job = jobs.get(training.step.name)
    if job:
        names = [metric.name for metric in job.algorithm.metrics]
        if name not in names:
            return hint(name, names)
        return why_absent(job, name) or why_not_evaluated(job, name)
    # Names that MetricDefinitions do not have are told by a rule of references.
    if first_party(subject, training) is False and defined(subject, training) == frozenset():
        return "its AlgorithmSpecification has no MetricDefinitions; add one"
    return None
