from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.check import near
from pipelines.definition.document import StepDefinition
from pipelines.definition.expressions import Key
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, entries, mapping


class UnknownMetric(Rule):
    """A reference reads a metric that the MetricDefinitions of its training step do not define.

    Of an image of your own the service knows only the metrics that MetricDefinitions find in the log. Any other is
    undefined after the training, and the step that needs it fails.

    Wrong:
        {"Get": "Steps.Train.FinalMetricDataList['val_loss'].Value"} with "MetricDefinitions": [{"Name": "validation:loss", ...}]

    Right:
        {"Get": "Steps.Train.FinalMetricDataList['validation:loss'].Value"}
    """

    code = "E3014"

    def check(self, subject: Subject) -> Iterator[Match]:
        for found in subject.step_references.values():
            for where, reference in found:
                step = subject.steps.get(reference.step)
                name = reference.path[1] if len(reference.path) > 1 else None
                if not (step and isinstance(name, Key) and reference.path[0] == _LIST):
                    continue
                defined = _defined(step, subject)
                if defined and name.name not in defined:
                    yield Match(
                        where,
                        f"the MetricDefinitions of step '{step.name}' do not define a metric '{name.name}'"
                        f"{near(name.name, defined)}",
                    )


_LIST = "FinalMetricDataList"


def _defined(step: StepDefinition, subject: Subject) -> list[str]:
    """The metrics that a step with an image of its own defines; empty where they are not all known."""
    specification = mapping(step.arguments.get("AlgorithmSpecification"))
    if step.type != "Training" or subject.algorithm(specification.get("TrainingImage")):
        return []
    names = [entry.get("Name") for _, entry in entries(specification.get("MetricDefinitions"))]
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else []
