"""Findings for people: grouped by step, with the line of the source where the step was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.padding import Padding
from rich.text import Text

from pipelines.deploy.findings.checked import Checked
from pipelines.deploy.text import count
from pipelines.rules._base import Finding, Severity

Line = Text | Padding
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def lines(results: Sequence[Checked]) -> Iterator[Line]:
    """The findings of each source under its name, and what to type next."""
    for result in results:
        yield from _of(result)
    codes = sorted({each.code for result in results for each in result.findings})
    if codes:
        yield Text()
        yield Text(f"python -m pipelines.validate --explain {codes[0]}  says more", "dim")


def _of(result: Checked) -> Iterator[Line]:
    style = "green" if not result.findings else "bold"
    yield Text.assemble((result.source.name, "bold"), "  ", (result.summary, style))
    for step, found in groupby(result.findings, key=lambda each: each.step):
        place = result.source.places.get(step or "")
        where = Text.assemble(("  " + (step or "(definition)"), "bold"))
        if place:
            where.append(f"  {place}", "dim")
        yield where
        for each in found:
            yield from _finding(result, each)
    if result.disabled:
        yield Text(f"  {count(len(result.disabled), 'finding')} of disabled rules not shown", "dim")


def _finding(result: Checked, finding: Finding) -> Iterator[Line]:
    # A file is edited at this line; a composition where the step was made, which stands above.
    place = result.place(finding) if "\n" in result.source.text.strip() else None
    yield Text.assemble(
        "    ",
        (finding.severity, _STYLES[finding.severity]),
        f" {finding.code}",
        (f"  {finding.pointer or '/'}", "dim"),
        (f"  line {place.line}" if place and result.source.file else "", "dim"),
    )

    yield Padding(Text(finding.message), (0, 0, 0, 6), expand=False)
