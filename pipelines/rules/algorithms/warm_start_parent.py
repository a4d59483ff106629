from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.definition.errors import ExpressionError
from pipelines.definition.expressions import Get, StepReference, parse_expression
from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, TrainingDefinition, entries, mapping
from pipelines.rules.algorithms._jobs import image_of
from pipelines.rules.algorithms._ranges import ranges_of
from pipelines.rules.algorithms._tuning import Tuning, objective_of, tunings

_NAME = "HyperParameterTuningJobName"


class WarmStartParent(Rule):
    """A tuning job starts from one of this pipeline that does not fit.

    Objective and number of hyperparameters must be the parent's, and the image too with IdenticalDataAndAlgorithm:
    the service refuses the tuning job, when the step starts.

    Wrong:
        {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": a step that minimises another metric}]}

    Right:
        {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": a step with the same objective}]}
    """

    code = "E8560"

    def check(self, subject: Subject) -> Iterator[Match]:
        steps = {tuning.step.name: tuning for tuning in tunings(subject)}
        for tuning in steps.values():
            config = mapping(tuning.arguments.get("WarmStartConfig"))
            kind = subject.value(config.get("WarmStartType"))
            for index, entry in entries(config.get("ParentHyperParameterTuningJobs"))[:5]:
                parent = steps.get(_step(entry.get(_NAME)) or "")
                where = f"{tuning.pointer}/WarmStartConfig/ParentHyperParameterTuningJobs/{index}"
                if parent is not None and parent is not tuning:
                    for text in _differences(tuning, parent, kind == "IdenticalDataAndAlgorithm"):
                        yield Match(where, f"the parent '{parent.step.name}' {text}")


def _step(written: object) -> str | None:
    """The step whose tuning job's name is referred to."""
    try:
        expression = parse_expression(written)
    except ExpressionError:
        return None
    reference = expression.reference if isinstance(expression, Get) else None
    named = isinstance(reference, StepReference) and reference.path == (_NAME,)
    return reference.step if named and isinstance(reference, StepReference) else None


def _differences(tuning: Tuning, parent: Tuning, identical: bool) -> Iterator[str]:
    if len(tuning.definitions) != 1 or len(parent.definitions) != 1:
        return
    subject, new, old = tuning.subject, tuning.definitions[0], parent.definitions[0]
    goals = [objective_of(subject, each) for each in (new, old)]
    metrics = [goal.metric if goal else None for goal in goals]
    if None not in metrics and metrics[0] != metrics[1]:
        yield f"is tuned for '{metrics[1]}', here is '{metrics[0]}'; take the same objective"
    names = [_names(subject, each) for each in (new, old)]
    known = not (tuning.is_autotuned or parent.is_autotuned)
    if known and len(names[0]) != len(names[1]):
        yield (
            f"has {len(names[1])} static and tuned hyperparameters, here are {len(names[0])}; their number "
            "must stay the same"
        )
    images = [image_of(subject, each) for each in (new, old)]
    if identical and None not in images and images[0] != images[1]:
        yield f"has the image {images[1]}; take it here, or WarmStartType TransferLearning"


def _names(subject: Subject, training: TrainingDefinition) -> frozenset[str | None]:
    static: Mapping[str, object] = training.hyperparameters
    return frozenset([*static, *(each.name for each in ranges_of(subject, training))])
