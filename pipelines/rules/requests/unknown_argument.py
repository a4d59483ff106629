from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.check import near
from pipelines.definition.requests.property_types import STEP_REQUESTS
from pipelines.rules._base import Match, ProblemRule
from pipelines.rules._subject import Subject

# With more members than that, a list of all helps nobody.
_SHOWN = 12


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

    def check(self, subject: Subject) -> Iterator[Match]:
        shapes = {member.pointer: member.shape for member in subject.members}
        whole = {f"{step.pointer}/Arguments": step.type for step in subject.all_steps}
        for match in super().check(subject):
            parent, _, written = match.pointer.rpartition("/")
            name = written.replace("~1", "/").replace("~0", "~")
            known = subject.shapes[shapes[parent]]["members"] if parent in shapes else {}
            request = STEP_REQUESTS.get(whole.get(parent, ""))
            if request and name in request.refused:
                hint = "; remove it, a step's request cannot have it"
            else:
                hint = near(name, known)
            close = hint.startswith("; did you mean") or len(known) <= _SHOWN or name in known
            yield Match(match.pointer, match.message.rstrip(".") + (hint if close else ""))
