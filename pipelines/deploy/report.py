"""What the commands say about a plan: line by line, or as data for `--json`. Reads data, calls nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rich.text import Text

from pipelines.definition.difference import Change
from pipelines.deploy.plan import (
    CreateBucket,
    CreatePipeline,
    Instruction,
    Plan,
    PublishAsset,
    TagPipeline,
    UpdatePipeline,
    UploadInput,
)
from pipelines.deploy.readable import named, readable
from pipelines.deploy.text import count

_SHOWN_CHANGES = 20
_STYLES = {"+": "green", "-": "red", "~": "yellow"}
_LONGEST_LINE = 80
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_DONE = {
    "create": "Created",
    "update": "Updated",
    "tag": "Tagged",
    "publish": "Published the assets of",
}


def plan_lines(plan: Plan, most: int = _SHOWN_CHANGES) -> list[Text]:
    """The pipeline and what happens to it, then a line for each instruction and for `most` of the changes."""
    style = "dim" if plan.action == "up to date" else "bold"
    heading = Text.assemble((plan.name, "bold"), "  ", (plan.action, style))
    return [heading, *instruction_lines(plan.instructions, most)]


def instruction_lines(
    instructions: Iterable[Instruction], most: int = _SHOWN_CHANGES
) -> list[Text]:
    """A line for each instruction, and one for each change of an update."""
    lines = []
    for instruction in instructions:
        sign, what, extra = _instruction(instruction)
        extra = _DIGEST.sub(r"\1…", extra)  # twelve digits tell assets apart
        more = (f"  {extra}", "dim") if extra else ""
        lines.append(Text.assemble((f"  {sign} ", _STYLES[sign]), what, more))
        if isinstance(instruction, UpdatePipeline):
            for change in instruction.changes[:most]:
                lines += _change(change)
            if (rest := len(instruction.changes) - most) > 0:
                lines.append(Text(f"      and {count(rest, 'more change')}", "dim"))
    return lines


def _instruction(todo: Instruction) -> tuple[str, str, str]:
    if isinstance(todo, CreateBucket):
        return "+", "create bucket", todo.bucket
    if isinstance(todo, PublishAsset):
        return "+", f"publish {todo.path.name}", todo.uri
    if isinstance(todo, UploadInput):
        return "+", f"upload {todo.path.name}", todo.uri
    if isinstance(todo, CreatePipeline):
        return "+", f"create pipeline {todo.name}", todo.description
    if isinstance(todo, UpdatePipeline):
        return "~", f"update pipeline {todo.name}", count(len(todo.changes), "change")
    if isinstance(todo, TagPipeline):
        return "~", f"tag pipeline {todo.name}", ", ".join(f"{k}={v}" for k, v in todo.tags.items())
    return "+", f"write sample data, {count(todo.rows, 'row')}", todo.uri


def _change(change: Change) -> list[Text]:
    """One line, or one for each value when they are too long to stand side by side."""
    sign = (f"      {change.sign} ", _STYLES[change.sign])
    path = short_path(change)
    if change.sign != "~" and change.kind != "condition":
        return [Text.assemble(sign, path)]
    values = [
        (mark, value_text(change, value))
        for mark, value in (("-", change.before), ("+", change.after))
        if mark == change.sign or change.sign == "~"
    ]
    line = f"{path}  {' → '.join(value for _, value in values)}"
    if len(line) <= _LONGEST_LINE - 8 or change.sign != "~":
        return [Text.assemble(sign, path, (line.removeprefix(path), "dim"))]
    below = [Text.assemble((f"          {m} ", _STYLES[m]), (v, "dim")) for m, v in values]
    return [Text.assemble(sign, path), *below]


def short_path(change: Change) -> str:
    """A change's path without the members that every such request has; of a script its name is added.

    `Steps.Tune range eta.MaxValue`; where a request has several training definitions the path stays whole.
    """
    path = named(change.path.replace(".Arguments.", "."), change.kind)
    if change.kind != "asset":
        return path
    path = path.removesuffix(".S3Uri").removesuffix(".S3Input")
    return f"{path}  {str(change.after).rpartition('/')[2]}"


def value_text(change: Change, value: object) -> str:
    """One side of a change, in one line."""
    # Of a script's address only the digest has changed.
    return f"{_DIGEST.findall(str(value))[-1]}…" if change.kind == "asset" else readable(value)


def start_line(values: Mapping[str, str]) -> Text:
    """The instruction to start, with the parameters that differ from their defaults."""
    given = ", ".join(f"{name}={value}" for name, value in values.items())
    return Text.assemble(
        ("  > ", "cyan"), "start an execution", (f"  {given or 'all defaults'}", "dim")
    )


def done_lines(plans: Sequence[Plan]) -> list[Text]:
    """What became of each pipeline that was not up to date."""
    return [Text(f"{_DONE[each.action]} {each.name}") for each in plans if each.action in _DONE]


def instruction_documents(instructions: Iterable[Instruction]) -> list[dict[str, Any]]:
    """Each instruction for `--json`: its kind and its members, except definitions."""
    return [
        {"instruction": type(each).__name__}
        | {
            member.name: _plain(getattr(each, member.name))
            for member in fields(each)
            if member.repr
        }
        for each in instructions
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [asdict(change) for change in value]
    return value
