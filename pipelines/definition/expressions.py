"""The expression language of a definition: `Get`, `Std:Join`, `Std:JsonGet` and the paths in them.

{"Get": "Parameters.Seed"}                                          -> Get(ParameterReference)
{"Get": "Steps.Train.FinalMetricDataList['validation:rmse'].Value"} -> Get(StepReference)
{"Std:Join": {"On": "/", "Values": [...]}}                          -> Join
{"Std:JsonGet": {"PropertyFile": {"Get": ...}, "Path": "a.b[0]"}}   -> JsonGet
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipelines.definition.errors import ExpressionError

EXECUTION_VARIABLES = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)


@dataclass(frozen=True)
class Key:
    """`['name']`: a key of a map, or the naming member of an entry in a list of structures."""

    name: str


# Far more than any property's path has; its parts are looked up one by one.
LONGEST_PATH = 1024
# A member is a str, a list index an int.
Segment = str | int | Key


@dataclass(frozen=True)
class ParameterReference:
    name: str


@dataclass(frozen=True)
class ExecutionReference:
    name: str


@dataclass(frozen=True)
class ExperimentReference:
    """`PipelineExperimentConfig.ExperimentName` or `.TrialName`."""

    name: str


@dataclass(frozen=True)
class LoopReference:
    """`ForEach.CurrentItem...` or `IterationOutput...`: has a value only inside a ForEach step."""

    path: str


@dataclass(frozen=True)
class StepReference:
    step: str
    path: tuple[Segment, ...]

    @property
    def property_file(self) -> str | None:
        """Name of the property file this points to, if it points to one."""
        if len(self.path) == 2 and self.path[0] == "PropertyFiles":
            name = self.path[1]
            return name.name if isinstance(name, Key) else str(name)
        return None


Reference = (
    ParameterReference | ExecutionReference | ExperimentReference | LoopReference | StepReference
)


@dataclass(frozen=True)
class Get:
    reference: Reference


@dataclass(frozen=True)
class Join:
    on: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class JsonGet:
    """`source` is a Get of a property file, or (with `from_s3`) an S3 URI: a literal or a Join."""

    source: object
    path: str
    from_s3: bool = False


Expression = Get | Join | JsonGet

_SCALARS = (str, int, float, type(None))
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")
_ACCESSOR = re.compile(r"\[(?:(\d+)|'([^']*)'|\"([^\"]*)\")\]")
_MEMBER = re.compile(r"[A-Za-z0-9_\-:]+")


def is_expression(value: object) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _FUNCTIONS


def parse_expression(value: object) -> Expression | None:
    """Read `value` as an expression; None when it is a literal. Raises ExpressionError."""
    if not isinstance(value, Mapping) or not is_expression(value):
        return None
    [(function, body)] = value.items()
    if function == "Get":
        return Get(parse_reference(body))
    if not isinstance(body, Mapping):
        raise ExpressionError(f"{function} takes an object but got {_kind(body)}")
    return _parse_join(body) if function == "Std:Join" else _parse_json_get(body)


def parse_reference(text: object) -> Reference:
    """Read the text of a `Get`. Raises ExpressionError."""
    if not isinstance(text, str):
        raise ExpressionError(f"Get takes a string but got {_kind(text)}")
    found = _read_reference(text)
    if isinstance(found, str):
        raise ExpressionError(found)
    return found


# Each rule that looks at references reads them.
@lru_cache(maxsize=4096)
def _read_reference(text: str) -> Reference | str:
    """The reference, or what is wrong with it."""
    try:
        return _reference(text)
    except ExpressionError as error:
        return str(error)


def _reference(text: str) -> Reference:
    root, _, rest = text.partition(".")
    if root == "Parameters" and rest:
        return ParameterReference(rest)
    if root == "Execution" and rest:
        return ExecutionReference(rest)
    if root == "PipelineExperimentConfig" and rest:
        return ExperimentReference(rest)
    if root in ("ForEach", "IterationOutput") and rest:
        return LoopReference(text)
    if root == "Steps" and rest:
        step, _, path = rest.partition(".")
        return StepReference(step, parse_path(path))
    raise ExpressionError(
        f"'{text}' is not a reference; allowed are Parameters.NAME, Execution.NAME, "
        "Steps.NAME.PROPERTY and PipelineExperimentConfig.NAME"
    )


def parse_path(text: str) -> tuple[Segment, ...]:
    """Split a property path: `A.B['k'][0]` -> ("A", "B", Key("k"), 0). Raises ExpressionError."""
    if len(text) > LONGEST_PATH:
        raise ExpressionError(f"a path has at most {LONGEST_PATH} characters, not {len(text)}")
    segments: list[Segment] = []
    position = 0
    expect_member = True
    while position < len(text):
        if match := _ACCESSOR.match(text, position):
            index, single, double = match.groups()
            segments.append(
                int(index) if index is not None else Key(single if single is not None else double)
            )
            expect_member = False
        elif expect_member and (match := _MEMBER.match(text, position)):
            segments.append(match.group())
            expect_member = False
        elif not expect_member and text[position] == "." and position + 1 < len(text):
            position += 1
            expect_member = True
            continue
        else:
            raise ExpressionError(
                f"'{text}' is not a property path: unexpected '{text[position:]}'"
            )
        position = match.end()
    return tuple(segments)


def parse_json_path(text: str) -> tuple[Segment, ...]:
    """Split the Path of a Std:JsonGet; a leading `$` is accepted. Raises ExpressionError."""
    return parse_path(text.removeprefix("$").removeprefix("."))


def walk(value: object, pointer: str = "") -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield every expression object in `value` with its JSON pointer, outermost first."""
    todo = [(pointer, value)]
    while todo:
        where, current = todo.pop()
        inner: Iterable[tuple[object, object]] = ()
        if isinstance(current, Mapping):
            if is_expression(current):
                yield where, current
            inner = current.items()
        elif isinstance(current, list | tuple):
            inner = enumerate(current)
        # Most members are scalars, and a definition may have a million of them.
        todo += reversed(
            [
                (f"{where}/{escape(str(key))}", member)
                for key, member in inner
                if not isinstance(member, _SCALARS)
            ]
        )


def references(
    expressions: Iterable[tuple[str, Mapping[str, object]]],
) -> Iterator[tuple[str, Reference]]:
    """Of expressions with their JSON pointers, the well-formed references with theirs."""
    for where, expression in expressions:
        if "Get" not in expression:
            continue
        try:
            yield where, parse_reference(expression["Get"])
        except ExpressionError:
            continue  # check.py reports it


def escape(key: str) -> str:
    """Escape a key for use in a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _parse_join(body: Mapping[str, object]) -> Join:
    values = body.get("Values")
    on = body.get("On", "")
    if not isinstance(values, list | tuple):
        raise ExpressionError(f"Std:Join needs a list 'Values' but got {_kind(values)}")
    if not isinstance(on, str):
        raise ExpressionError(f"Std:Join needs a string 'On' but got {_kind(on)}")
    return Join(on, tuple(values))


def _parse_json_get(body: Mapping[str, object]) -> JsonGet:
    path = body.get("Path")
    if not isinstance(path, str):
        # The service takes no expression here (sagemaker-python-sdk#3463).
        raise ExpressionError(f"Std:JsonGet needs a literal string 'Path' but got {_kind(path)}")
    if ("PropertyFile" in body) == ("S3Uri" in body):
        raise ExpressionError("Std:JsonGet needs either 'PropertyFile' or 'S3Uri'")
    parse_json_path(path)
    if "S3Uri" in body:
        return JsonGet(body["S3Uri"], path, from_s3=True)
    source = parse_expression(body["PropertyFile"])
    if not (
        isinstance(source, Get)
        and isinstance(source.reference, StepReference)
        and source.reference.property_file
    ):
        raise ExpressionError(
            "'PropertyFile' of Std:JsonGet must be a Get of Steps.NAME.PropertyFiles.FILE"
        )
    return JsonGet(source, path)


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        type(None): "nothing",
    }
    return names.get(type(value), "a number")
