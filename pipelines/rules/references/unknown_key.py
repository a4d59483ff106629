from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.check import near
from pipelines.definition.expressions import Key
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules.references._echo import dead_ends

# Hyperparameters of this prefix are added by the service and the SDK.
_ADDED = "sagemaker_"


class UnknownKey(Rule):
    """A reference names an output, an input or a hyperparameter that its step does not have.

    The path has the right form, so that nothing complains until the step before has finished: then the reference is
    undefined, and the step that needs it fails.

    Wrong:
        {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['trian'].S3Output.S3Uri"}

    Right:
        {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}
    """

    code = "E3010"

    def check(self, subject: Subject) -> Iterator[Match]:
        for where, reference, dead in dead_ends(subject):
            if not isinstance(dead.segment, Key) or isinstance(dead.present, int):
                continue
            name = dead.segment.name
            if not name.startswith(_ADDED):
                yield Match(
                    where,
                    f"step '{reference.step}' has no '{name}' in its {dead.owner}{near(name, dead.present)}",
                )
