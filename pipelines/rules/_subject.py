"""What rules look at: a definition with everything that can be known of it before a start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, TypeVar

from pipelines.definition.algorithms._base import Algorithm, split_image
from pipelines.definition.built_in import algorithm_of
from pipelines.definition.check import check
from pipelines.definition.document import Definition, ParameterDefinition, StepDefinition
from pipelines.definition.errors import ExpressionError, Problem
from pipelines.definition.expressions import (
    Get,
    Join,
    ParameterReference,
    StepReference,
    is_expression,
    parse_expression,
)
from pipelines.definition.graph import referenced_steps, upstream
from pipelines.definition.requests.arguments import ArgumentCheck
from pipelines.definition.requests.property_types import PropertyTypes
from pipelines.definition.requests.shapes import Reader, Shape, Shapes
from pipelines.definition.texts import Texts
from pipelines.rules._members import Member, members
from pipelines.rules._order import Order
from pipelines.rules._service import service_shapes

T = TypeVar("T")


class _Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


# Stands for a value that only the start or the run decides.
UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class TrainingDefinition:
    """The training job of a Training step, or one of those of a Tuning step, as it stands in the document.

    `hyperparameters` are HyperParameters or StaticHyperParameters, `ranges` the tuned ones' HyperParameterRanges;
    both {} where the document holds something else.
    """

    step: StepDefinition
    pointer: str
    request: Mapping[str, Any]

    @property
    def tuned(self) -> bool:
        return self.step.type == "Tuning"

    @property
    def member(self) -> str:
        """The member that holds the hyperparameters."""
        return "StaticHyperParameters" if self.tuned else "HyperParameters"

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        return mapping(self.request.get(self.member))


@dataclass(frozen=True)
class Subject:
    """One definition. `read_problems` were met while reading it; what is wrong was left out of `definition`.

    `name` and `region` are None when the document came without an environment.
    """

    definition: Definition
    text: str
    read_problems: tuple[Problem, ...] = ()
    name: str | None = None
    region: str | None = None

    def once(self, find: Callable[[Subject], T]) -> T:
        """What `find` finds in this subject, looked up only once: so rules share what they have in common."""
        if find not in self._found:
            self._found[find] = find(self)
        found: T = self._found[find]
        return found

    @cached_property
    def _found(self) -> dict[Callable[[Subject], Any], Any]:
        return {}

    @cached_property
    def steps(self) -> Mapping[str, StepDefinition]:
        """Every step by its name, those in branches and bodies too; of twins the first."""
        found: dict[str, StepDefinition] = {}
        for step in self.all_steps:
            found.setdefault(step.name, step)
        return found

    @cached_property
    def all_steps(self) -> tuple[StepDefinition, ...]:
        """Every step in the order of the document, those in branches and bodies too."""
        return tuple(one for step in self.definition.steps for one in (step, *step.body))

    @cached_property
    def parameters(self) -> Mapping[str, ParameterDefinition]:
        return {parameter.name: parameter for parameter in self.definition.parameters}

    @cached_property
    def upstream(self) -> Mapping[str, frozenset[str]]:
        """Step name -> the existing steps it waits for directly."""
        return upstream(self.definition)

    @cached_property
    def step_references(self) -> Mapping[str, tuple[tuple[str, StepReference], ...]]:
        """Pointer of a step -> what it or its body takes from other steps, with the pointers of the references."""
        return {step.pointer: tuple(referenced_steps(step)) for step in self.definition.steps}

    @cached_property
    def property_types(self) -> PropertyTypes:
        """The types of the properties of steps."""
        return PropertyTypes(self.definition, self.shapes)

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """SageMaker's shapes as botocore knows them, by name."""
        return service_shapes()

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Every member of every step's request that the service model knows, in the order of the document."""
        return tuple(one for step in self.all_steps for one in members(step, self.shapes))

    @cached_property
    def order(self) -> Order:
        """Which steps run one after the other."""
        return Order(self.definition)

    def rendered(self, written: Any) -> str | None:
        """The text `written` renders to, with `{Execution...}` and the like where a run decides (definition/texts.py)."""
        return self._texts.of(written)

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self.parameters, self.steps)

    @cached_property
    def problems(self) -> Mapping[str, tuple[Problem, ...]]:
        """What the definition's own checks find, by kind."""
        found: dict[str, list[Problem]] = {}
        for problem in (*self.read_problems, *check(self.definition), *self._argument_problems()):
            found.setdefault(problem.kind, []).append(problem)
        return {kind: tuple(dict.fromkeys(problems)) for kind, problems in found.items()}

    @cached_property
    def training(self) -> tuple[TrainingDefinition, ...]:
        """Every training job definition: of Training steps, and all those of Tuning steps."""
        return tuple(one for step in self.all_steps for one in _training(step))

    def value(self, written: Any) -> Any:
        """The literal that `written` stands for; parameters count with their defaults. UNKNOWN if only a run tells.

        Lists and objects are returned as they are, with the expressions in them.
        """
        if not (isinstance(written, Mapping) and is_expression(written)):
            return written
        try:
            expression = parse_expression(written)
        except ExpressionError:
            return UNKNOWN
        if isinstance(expression, Get) and isinstance(expression.reference, ParameterReference):
            parameter = self.parameters.get(expression.reference.name)
            return UNKNOWN if parameter is None or parameter.default is None else parameter.default
        if isinstance(expression, Join):
            parts = [self.value(part) for part in expression.values]
            if all(isinstance(part, str | int | float) for part in parts):
                return expression.on.join(_rendered(part) for part in parts)
        return UNKNOWN

    def algorithm(self, image: Any) -> Algorithm | None:
        """The built-in algorithm behind an image URI, if it is one that is known here."""
        uri = self.value(image)
        return (
            algorithm_of(split_image(uri)[0].rpartition("/")[2]) if isinstance(uri, str) else None
        )

    def _argument_problems(self) -> Iterator[Problem]:
        try:
            yield from ArgumentCheck(self.definition, self.shapes, reader).problems()
        except RecursionError:
            yield Problem("/Steps", "nested too deeply")


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is an object and no expression, else an empty one."""
    return value if isinstance(value, Mapping) and not is_expression(value) else {}


def entries(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The objects of a list with their positions; nothing when it is no list."""
    listed = value if isinstance(value, list) else []
    return [(index, entry) for index, entry in enumerate(listed) if isinstance(entry, Mapping)]


def reader(shape: str) -> Reader:
    """Checks a value against a shape of SageMaker's model."""
    return _readers().reader(shape)


@cache
def _readers() -> Shapes:
    return Shapes(service_shapes())


def _training(step: StepDefinition) -> Iterator[TrainingDefinition]:
    where = f"{step.pointer}/Arguments"
    if step.type == "Training":
        yield TrainingDefinition(step, where, step.arguments)
    elif step.type == "Tuning":
        if definition := mapping(step.arguments.get("TrainingJobDefinition")):
            yield TrainingDefinition(step, f"{where}/TrainingJobDefinition", definition)
        for index, definition in entries(step.arguments.get("TrainingJobDefinitions")):
            pointer = f"{where}/TrainingJobDefinitions/{index}"
            yield TrainingDefinition(step, pointer, definition)


def _rendered(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
