"""Turns given hyperparameters into the texts of a request, refusing what the algorithm would refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagemaker.core.helper.pipeline_variable import PipelineVariable
from sagemaker.core.workflow.parameters import Parameter, ParameterTypeEnum

from pipelines.definition.algorithms._base import Algorithm, Kind
from steps.algorithms.values import InvalidEstimator, Text, as_text, known_now, literal_text

# Types of pipeline parameters whose text can be right for a kind; a text can be anything.
_FITTING = {
    Kind.INTEGER: {ParameterTypeEnum.INTEGER, ParameterTypeEnum.STRING},
    Kind.NUMBER: {ParameterTypeEnum.INTEGER, ParameterTypeEnum.FLOAT, ParameterTypeEnum.STRING},
    Kind.BOOLEAN: {ParameterTypeEnum.BOOLEAN, ParameterTypeEnum.STRING},
}


def checked(algorithm: Algorithm | None, given: Mapping[str, object]) -> dict[str, Text]:
    """Return the request's hyperparameters. Raises InvalidEstimator with every refusal.

    A required hyperparameter that can be tuned may be missing: a range may bring it.
    """
    problems = list(_untextual(given))
    if algorithm is not None:
        problems += _twice(algorithm, given) + _refusals(algorithm, given)
    if problems:
        raise InvalidEstimator(algorithm.name if algorithm else "estimator", problems)
    aliases = algorithm.aliases if algorithm else {}
    texts = {aliases.get(name, name): as_text(value) for name, value in given.items()}
    return {name: text for name, text in texts.items() if text is not None}


def _untextual(given: Mapping[str, object]) -> Iterator[str]:
    for name, value in given.items():
        if as_text(value) is None:
            yield (
                f"{name}: {value!r} is not allowed; "
                "allowed: a text, number, boolean or pipeline variable"
            )


def _twice(algorithm: Algorithm, given: Mapping[str, object]) -> list[str]:
    return [
        f"{alias}: is another name of '{name}', which is given too; drop one"
        for alias, name in algorithm.aliases.items()
        if alias in given and name in given
    ]


def _refusals(algorithm: Algorithm, given: Mapping[str, object]) -> list[str]:
    texts = {
        name: text
        for name, value in given.items()
        if (text := literal_text(known_now(value))) is not None
    }
    undecided = {name for name, value in given.items() if isinstance(value, PipelineVariable)}
    later = frozenset(undecided - texts.keys()) | _tunable_and_required(algorithm)
    found = algorithm.refusals(texts, later=later)
    explained = [f"{refusal}{_origin(refusal, given)}" for refusal in found]
    return [*explained, *_by_type(algorithm, given), *_by_choice(algorithm, given, texts, found)]


def _tunable_and_required(algorithm: Algorithm) -> frozenset[str]:
    return frozenset(
        known.name for known in algorithm.hyperparameters if known.required and known.tunable
    )


def _origin(refusal: str, given: Mapping[str, object]) -> str:
    value = given.get(refusal.partition(":")[0])
    return f" (default of parameter {value.name})" if isinstance(value, Parameter) else ""


def _by_type(algorithm: Algorithm, given: Mapping[str, object]) -> Iterator[str]:
    for name, value in given.items():
        known = algorithm.hyperparameter(name)
        if known is None or not isinstance(value, Parameter) or known.kind not in _FITTING:
            continue
        if value.parameter_type not in _FITTING[known.kind]:
            yield (
                f"{name}: parameter {value.name} of type {value.parameter_type.value} "
                f"is not allowed; allowed: {known.allowed}"
            )


def _by_choice(
    algorithm: Algorithm,
    given: Mapping[str, object],
    texts: Mapping[str, str],
    found: list[str],
) -> Iterator[str]:
    """Refuse allowed values of a parameter that the algorithm would refuse at start."""
    for name, value in given.items():
        for choice in getattr(value, "enum_values", None) or ():
            later = frozenset(given) - texts.keys() | _tunable_and_required(algorithm)
            for refusal in algorithm.refusals({**texts, name: choice}, later=later):
                if refusal not in found:
                    yield f"{refusal} (allowed value of parameter {value.name})"  # type: ignore[attr-defined]
