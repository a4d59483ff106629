from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.graph._runs import COMPLETED, Branches, waits


class OutsideBranch(Rule):
    """A step outside of a branch waits for a step inside of it.

    When the branch is not taken the step does not run, nor does anything that waits for it; the execution succeeds
    all the same. If that is meant, the branch is the place for the step.

    Wrong:
        {"Name": "Deploy", "Type": "Lambda", "DependsOn": ["Register"]} beside the condition that Register is a branch of

    Right:
        {"Name": "CheckQuality", "Type": "Condition", "Arguments": {"IfSteps": [{"Name": "Register"}, {"Name": "Deploy", "DependsOn": ["Register"]}]}}
    """

    code = "W4011"

    def check(self, subject: Subject) -> Iterator[Match]:
        branches = subject.once(Branches)
        # Nothing is known to be needed where steps wait for each other: that is another mistake.
        for step in subject.definition.steps if branches.needed else ():
            if branches.contradiction(branches.needed.get(step.name, 0)):
                continue
            known = branches.of(step)
            for wait in waits(subject, step):
                source = subject.steps[wait.step]
                if source.type == "Fail":
                    continue  # nothing can follow it, which is another mistake
                inside = branches.of(source)
                outside = branches.listed(inside & ~known)
                if outside and wait.trigger == COMPLETED:
                    place = outside[0]
                    yield Match(
                        wait.pointer,
                        f"'{wait.step}' runs only if {place.side} of '{place.condition}' is taken; otherwise "
                        f"'{step.name}' does not run either. Put '{step.name}' into that branch, or depend on a step "
                        "that always runs",
                    )
                    known |= inside  # one finding a branch
