"""What the rules of training jobs share: the built-in algorithm behind a job, its hyperparameters and its machines."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.definition.algorithms._base import Algorithm, Hyperparameter, split_image
from pipelines.definition.expressions import escape, is_expression
from pipelines.rules._subject import UNKNOWN, Subject, TrainingDefinition, entries, mapping
from pipelines.rules.algorithms._ranges import ranges_of

# Longer values are refused for their length.
_LONGEST_VALUE = 2500
_LONGEST_NAME = 256
_SCRIPT = ("sagemaker_program", "sagemaker_submit_directory")
# The service's own algorithms. Their metrics are predefined, and a request must not bring its own.
FIRST_PARTY = frozenset(
    [
        "blazingtext", "factorization-machines", "forecasting-deepar", "image-classification", "ipinsights",
        "kmeans", "knn", "lda", "linear-learner", "ntm", "object-detection", "object2vec", "pca",
        "randomcutforest", "sagemaker-xgboost", "semantic-segmentation", "seq2seq", "xgboost",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class BuiltIn:
    """A training job definition that runs a built-in algorithm on its own, without a script of the user's."""

    subject: Subject
    training: TrainingDefinition
    algorithm: Algorithm
    repository: str
    tag: str

    @property
    def is_described(self) -> bool:
        """Whether the algorithm's facts are those of this image; older versions differ in details."""
        return self.tag in self.algorithm.versions

    @property
    def pointer(self) -> str:
        """Of the map of hyperparameters; of the job when it has none."""
        own = self.training.pointer
        member = self.training.member
        return own if self.training.request.get(member) is None else f"{own}/{member}"

    @cached_property
    def written(self) -> Mapping[str, str]:
        """Hyperparameter -> its value, where it is known now, under the names in the document."""
        found = {
            name: self.subject.value(value) for name, value in self.training.hyperparameters.items()
        }
        return {
            name: value
            for name, value in found.items()
            if isinstance(value, str) and len(value) <= _LONGEST_VALUE
        }

    @cached_property
    def values(self) -> Mapping[str, str]:
        """Hyperparameter -> its value, where it is known now, under the algorithm's own names."""
        return {self.algorithm.aliases.get(name, name): text for name, text in self.written.items()}

    @cached_property
    def given(self) -> frozenset[str]:
        """The algorithm's names of all hyperparameters that get a value: static or tuned, known now or later."""
        names = [*self.training.hyperparameters, *self.tuned]
        return frozenset(self.algorithm.aliases.get(name, name) for name in names)

    @cached_property
    def tuned(self) -> frozenset[str]:
        """Names in ranges, as they stand in the document."""
        return frozenset(
            each.name for each in ranges_of(self.subject, self.training) if each.name is not None
        )

    @property
    def is_autotuned(self) -> bool:
        """The service adds ranges of its choice."""
        return self.training.tuned and "Autotune" in self.training.step.arguments

    def at(self, name: str) -> str:
        """The pointer of a hyperparameter; of their map when it is not in it."""
        wanted = [
            each
            for each in self.training.hyperparameters
            if self.algorithm.aliases.get(each, each) == name
        ]
        return f"{self.pointer}/{escape(wanted[0])}" if wanted else self.pointer

    def value_of(self, name: str) -> Any:
        """A hyperparameter's value, its default when it is not given (None without one), or UNKNOWN."""
        if name in self.values:
            return self.values[name]
        if name in self.given or self.is_autotuned:
            return UNKNOWN
        known = self.algorithm.hyperparameter(name)
        return known.default if known else None


def built_in(subject: Subject) -> Iterator[BuiltIn]:
    """Every training job definition that runs a built-in algorithm in algorithm mode."""
    for training in subject.training:
        found = _built_in(subject, training)
        if found is not None:
            yield found


def image_of(subject: Subject, training: TrainingDefinition) -> str | None:
    """The image's URI when it is known now."""
    uri = subject.value(
        mapping(training.request.get("AlgorithmSpecification")).get("TrainingImage")
    )
    return uri if isinstance(uri, str) and len(uri) <= _LONGEST_NAME else None


def first_party(subject: Subject, training: TrainingDefinition) -> bool | None:
    """Whether the image is one of the service's own algorithms; None when it is not known now.

    A repository in the account of the job's role, or with a folder in its name, is the user's own, even if it is
    called like an algorithm: the service knows algorithms by their registries.
    """
    uri = image_of(subject, training)
    if uri is None:
        return None
    registry = uri.partition("/")[0]
    role = subject.value(training.request.get("RoleArn"))
    account = role.split(":")[4:5] if isinstance(role, str) else []
    is_own = [registry.partition(".")[0]] == account
    return not is_own and split_image(uri)[0] in FIRST_PARTY


def instances(subject: Subject, training: TrainingDefinition) -> Iterator[tuple[str, Any, Any]]:
    """(pointer, instance type, instance count) of each kind of machine; a value may be UNKNOWN or None."""
    for member in ("ResourceConfig", "HyperParameterTuningResourceConfig"):
        where, config = f"{training.pointer}/{member}", mapping(training.request.get(member))
        groups = [(where, config)]
        for several in ("InstanceConfigs", "InstanceGroups"):
            groups += [
                (f"{where}/{several}/{index}", entry)
                for index, entry in entries(config.get(several))
            ]
        for pointer, group in groups:
            if "InstanceType" in group or "InstanceCount" in group:
                kind, count = group.get("InstanceType"), group.get("InstanceCount")
                yield pointer, subject.value(kind), subject.value(count)


def host_count(job: BuiltIn) -> int:
    """The fewest instances that the job gets all its channels with; 0 when it is not known.

    InstanceConfigs are alternatives. With InstanceGroups a channel goes to groups of its choice.
    """
    found = list(instances(job.subject, job.training))
    counts = [count for _, _, count in found]
    grouped = any("/InstanceGroups/" in pointer for pointer, _, _ in found)
    if grouped or not all(isinstance(count, int) for count in counts):
        return 0
    return min(counts, default=0)


def specified(algorithm: Algorithm, name: str) -> Hyperparameter | None:
    """What is known of a hyperparameter; None too for names that no algorithm would have."""
    return algorithm.hyperparameter(name) if len(name) <= _LONGEST_NAME else None


def hint(name: str, known: Iterator[str] | tuple[str, ...] | list[str]) -> str:
    """`did you mean 'x'?`, or the list of what is known."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1) if len(name) <= _LONGEST_NAME else []
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(names))}"


def shown(text: str, most: int = 80) -> str:
    """A text of the document, cut to what fits into a message."""
    return text if len(text) <= most else f"{text[:most]}..."


def _built_in(subject: Subject, training: TrainingDefinition) -> BuiltIn | None:
    uri = image_of(subject, training)
    algorithm = subject.algorithm(uri)
    specification = mapping(training.request.get("AlgorithmSpecification"))
    if algorithm is None or uri is None or not first_party(subject, training):
        return None
    if _is_scripted(training, specification) or not _has_hyperparameters(training):
        return None
    repository, tag = split_image(uri)
    return BuiltIn(subject, training, algorithm, repository, tag.removesuffix("-cpu-py3"))


def _has_hyperparameters(training: TrainingDefinition) -> bool:
    """False when something else stands in their place, or they stand under a misspelt name."""
    written = training.request.get(training.member)
    if written is None:
        return not any("hyperparameters" in name.lower() for name in training.request)
    return isinstance(written, Mapping) and not is_expression(written)


def _is_scripted(training: TrainingDefinition, specification: Mapping[str, Any]) -> bool:
    given = training.hyperparameters
    return any(name in given for name in _SCRIPT) or bool(specification.get("ContainerEntrypoint"))
