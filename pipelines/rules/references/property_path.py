from __future__ import annotations

import difflib
from collections.abc import Iterator

from pipelines.definition.expressions import StepReference
from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject, entries

_BEST_MODEL = (
    " A tuning job has no ModelArtifacts: join OutputDataConfig.S3OutputPath of its TrainingJobDefinition, "
    "BestTrainingJob.TrainingJobName and 'output/model.tar.gz' by '/'."
)


class PropertyPath(ProblemRule):
    """A reference follows a path that the step does not have.

    The properties of a step are the members of its Describe call's answer; CreatePipeline refuses any other.

    Wrong:
        {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifact"}

    Right:
        {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    """

    code = "E3003"
    kinds = ("property-path",)

    def check(self, subject: Subject) -> Iterator[Match]:
        taken = {where: found for each in subject.step_references.values() for where, found in each}
        for match in super().check(subject):
            reference = taken.get(match.pointer)
            hint = _hint(reference, subject) if reference else ""
            yield Match(match.pointer, match.message + hint)


def _hint(reference: StepReference, subject: Subject) -> str:
    step = subject.steps.get(reference.step)
    if step and step.type == "Tuning" and reference.path[:1] == ("ModelArtifacts",):
        return _BEST_MODEL
    if step and step.type in ("Lambda", "Callback"):
        outputs = entries((step.extras or {}).get("OutputParameters"))
        names = [str(output.get("OutputName")) for _, output in outputs]
        return f" Its outputs are OutputParameters['NAME'], with NAME {', '.join(names) or 'declared in it'}."
    found = subject.property_types.unknown_member(reference)
    if found is None:
        return ""
    wrong, known = found
    close = difflib.get_close_matches(wrong, known, n=1)
    if close:
        return f" Did you mean '{close[0]}' instead of '{wrong}'?"
    return f" In place of '{wrong}' there are: {', '.join(sorted(known))}."
