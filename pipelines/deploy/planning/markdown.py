"""A review for a pull request: GitHub's Markdown, with the graph of the steps in Mermaid.

Names and values come from anybody's definition: they stand in code spans, and what could end one is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.definition.difference import Change
from pipelines.definition.graph import upstream
from pipelines.deploy.planning.cache_preview import Outcome
from pipelines.deploy.planning.review import Review
from pipelines.deploy.planning.text import sections
from pipelines.deploy.report import short_path, value_text
from pipelines.deploy.text import count

_SHOWN_CHANGES = 100
_SHOWN_LINES = 200
# More boxes are no picture any more.
_MOST_STEPS = 60
_ESCAPES = str.maketrans(
    {each: f"\\{each}" for each in "|[]*_#@"}
    | {"`": "'", "\n": " ", "\r": " ", "<": "&lt;", ">": "&gt;"}
)
_LABEL = str.maketrans({'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\n": " ", "`": "'"})
_CLASSES = {
    "new": "fill:#dafbe1,stroke:#1a7f37",
    "changed": "fill:#fff8c5,stroke:#9a6700",
    "gone": "fill:#ffebe9,stroke:#cf222e,stroke-dasharray: 4",
    "served": "fill:#f6f8fa,stroke:#8c959f",
}


def review_markdown(review: Review) -> str:
    """One pipeline's section."""
    plan = review.subject.plan
    lines = [f"### {_plain(plan.name)}: {plan.action}", ""]
    changes = (*review.changes, *review.edges)
    if changes:
        lines += [*_table(changes), ""]
    for label, sentences in sections(review):
        lines += [f"**{label}**", "", *(f"- {_plain(each)}" for each in sentences), ""]
    for script in review.scripts:
        if script.lines is not None:
            lines += [*_difference(script.name, script.lines), ""]
    return "\n".join([*lines, *_graph(review), ""])


def _table(changes: tuple[Change, ...]) -> Iterator[str]:
    yield "| | what | before | after |"
    yield "|---|---|---|---|"
    for each in changes[:_SHOWN_CHANGES]:
        before = "" if each.before is None else _code(value_text(each, each.before))
        after = "" if each.after is None else _code(value_text(each, each.after))
        yield f"| {each.sign} | {_code(short_path(each))} | {before} | {after} |"
    if (more := len(changes) - _SHOWN_CHANGES) > 0:
        yield f"| | and {count(more, 'more change')} | | |"


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|').replace('`', chr(39))}`"


def _plain(text: str) -> str:
    return text.translate(_ESCAPES)


def _difference(name: str, lines: tuple[str, ...]) -> list[str]:
    # A fence of the content's own must not end ours.
    fence = "`" * 3
    while any(fence in line for line in lines):
        fence += "`"
    shown = lines[:_SHOWN_LINES]
    more = [f"# and {len(lines) - len(shown)} more lines"] if len(lines) > len(shown) else []
    head = f"<details><summary>{_plain(name)}</summary>"
    return [head, "", f"{fence}diff", *shown, *more, fence, "", "</details>"]


def _graph(review: Review) -> list[str]:
    """The steps after the change, those that go away beside them."""
    after = review.subject.definition
    before = {step.name for step in review.subject.before.steps} if review.subject.before else set()
    names = [step.name for step in after.steps]
    gone = sorted(before - set(names))
    if len(names) + len(gone) > _MOST_STEPS:
        return [f"{len(names)} steps: too many to draw."]
    ids = {name: f"s{number}" for number, name in enumerate([*names, *gone])}
    shapes = {step.name: "{{}}" if step.type == "Condition" else "[]" for step in after.steps}
    lines = ["```mermaid", "flowchart TD"]
    for name, identity in ids.items():
        shape = shapes.get(name, "[]")
        half = len(shape) // 2
        lines.append(f'  {identity}{shape[:half]}"{name.translate(_LABEL)}"{shape[half:]}')
    for name, sources in upstream(after).items():
        lines += [f"  {ids[source]} --> {ids[name]}" for source in sorted(sources)]
    for kind, members in _classes(review, before, gone).items():
        if members:
            lines.append(f"  classDef {kind} {_CLASSES[kind]}")
            lines.append(f"  class {','.join(ids[name] for name in members)} {kind}")
    return [*lines, "```"]


def _classes(review: Review, before: set[str], gone: list[str]) -> dict[str, list[str]]:
    names = [step.name for step in review.subject.definition.steps]
    touched = {
        part[1]
        for each in review.changes
        if (part := each.path.split("."))[0] == "Steps" and len(part) > 1
    }
    served = {each.step for each in review.cache or () if each.outcome is Outcome.SERVED}
    return {
        "new": [name for name in names if before and name not in before],
        "changed": [name for name in names if name in before and name in touched],
        "gone": gone,
        "served": [name for name in names if name in served and name not in touched],
    }
