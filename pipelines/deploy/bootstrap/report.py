"""What bootstrap says about stacks: line by line, or as data for `--json`. Reads data, calls nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from rich.text import Text

from pipelines.deploy.bootstrap.changes import Detail, ResourceChange
from pipelines.deploy.text import shortened

_STYLES = {"+": "green", "-": "red", "~": "yellow"}
_SHOWN = 60


def stack_lines(name: str, action: str, changes: Iterable[ResourceChange] = ()) -> list[Text]:
    """The stack and what happens to it, then a line for each resource and for each property of it that changes."""
    style = "dim" if action == "up to date" else "bold"
    lines = [Text.assemble((name, "bold"), "  ", (action, style))]
    for change in changes:
        sign = (f"  {change.sign} ", _STYLES[change.sign])
        lines.append(Text.assemble(sign, change.resource, (f"  {change.type}", "dim")))
        if change.note:
            lines[-1].append(f"  {change.note}", "red" if change.replaced else "dim")
        lines += [_detail(detail) for detail in change.details if change.sign == "~"]
    if action == "update" and len(lines) == 1:
        lines.append(Text("  ~ parameters, outputs or tags alone", "dim"))
    return lines


def _detail(detail: Detail) -> Text:
    line = Text.assemble(("      ~ ", _STYLES["~"]), detail.property)
    if detail.before is None and detail.after is None:
        return line
    before, after = (_value(each) for each in (detail.before, detail.after))
    return line.append(f"  {before} → {after}", "dim")


def _value(value: str | None) -> str:
    return "nothing" if value is None else shortened(value, _SHOWN)


def output_lines(outputs: Mapping[str, str], file: str | None) -> list[Text]:
    """The outputs of all stacks, and where what upsert reads of them was written."""
    width = max((len(key) for key in outputs), default=0)
    lines = [Text(f"  {key:<{width}}  {outputs[key]}") for key in outputs]
    written = [Text(f"upsert reads them from {file}")] if file else []
    return [*lines, *written]


def stack_document(
    name: str, action: str, changes: Iterable[ResourceChange] = ()
) -> dict[str, Any]:
    """A stack for `--json`."""
    return {"name": name, "action": action, "changes": [asdict(each) for each in changes]}
