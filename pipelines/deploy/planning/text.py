"""A review for the terminal: the plan as `upsert` shows it, and below it what follows from it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from pipelines.deploy.planning.cache_preview import NOTHING_RAN, Forecast, Outcome
from pipelines.deploy.planning.cost import money
from pipelines.deploy.planning.review import Review, Standing
from pipelines.deploy.planning.scripts import ScriptChange
from pipelines.deploy.provenance import Owner
from pipelines.deploy.report import plan_lines
from pipelines.deploy.text import count

_WIDTH = 80
_LABEL = 11
_SHOWN_LINES = 16
_SHOWN_SCRIPTS = 3
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def review_lines(review: Review, *, full: bool = False) -> list[Text]:
    """Everything there is to say about one pipeline; `full` shows every changed line of every script."""
    plan = review.subject.plan
    lines = plan_lines(plan, len(review.changes)) if full else plan_lines(plan)
    for edge in review.edges:
        lines.append(Text(f"      {edge.sign} edge {edge.path}", "dim"))
    lines += _scripts(review.scripts, full=full)
    for label, sentences in sections(review):
        lines += _section(label, sentences)
    return lines


def sections(review: Review) -> Iterator[tuple[str, list[str]]]:
    """(heading, sentences) of every consequence there is."""
    for label, sentences in (
        ("Owner", list(_owner(review.standing)) if review.standing else []),
        ("Breaking", list(review.breaking)),
        ("Running", _running(review)),
        ("Cache", list(cache_sentences(review.cache)) if review.cache is not None else []),
        ("Cost", list(_cost(review))),
        ("Unknown", list(review.problems)),
    ):
        if sentences:
            yield label, sentences


def _owner(standing: Standing) -> Iterator[str]:
    if standing.owner is Owner.OTHERS:
        whose = f"project '{standing.project}'" if standing.project else "another project"
        yield f"the deployed pipeline is of {whose}: upsert refuses without --take-over"
    elif standing.owner is Owner.UNRECORDED:
        yield "nothing says whose the deployed pipeline is; an upsert records it as ours"
    if standing.drifted:
        commit = f" (commit {standing.commit})" if standing.commit else ""
        yield f"drift: what is deployed was changed since it was last applied from here{commit}"


def _running(review: Review) -> list[str]:
    if not review.running:
        return []
    ids = [arn.rpartition("/")[2] for arn in review.running[:3]]
    more = "" if len(review.running) <= len(ids) else " ..."
    found = count(len(review.running), "execution")
    return [f"{found} ({', '.join(ids)}{more}), each keeps the version it started with"]


def cache_sentences(told: Sequence[Forecast]) -> Iterator[str]:
    """A sentence for each reason to run, then what is served and what always runs."""
    reasons: dict[str, list[str]] = {}
    for each in told:
        if each.outcome is Outcome.RUNS:
            reasons.setdefault(each.reason, []).append(each.step)
    if list(reasons) == [NOTHING_RAN]:
        yield "nothing has run yet, so every step runs"
        return
    for reason, steps in reasons.items():
        yield f"{', '.join(steps)} {'runs' if len(steps) == 1 else 'run'} again: {reason}"
    served = [each.step for each in told if each.outcome is Outcome.SERVED]
    uncached = [each.step for each in told if each.outcome is Outcome.UNCACHED]
    if served:
        yield f"{', '.join(served)} {'is' if len(served) == 1 else 'are'} served"
    if uncached:
        yield f"{', '.join(uncached)} {'has' if len(uncached) == 1 else 'have'} no cache"


def _cost(review: Review) -> Iterator[str]:
    now, before = review.cost, review.cost_before
    if before is None or before.text == now.text:
        yield now.text
    elif now.unknown or before.unknown:
        yield f"{now.text}; before: {before.text}"
    else:
        change = now.usd - before.usd
        yield f"{now.text}, {'+' if change >= 0 else '-'}{money(abs(change))}"
    yield from now.unknown
    prices = review.prices
    kind = "second-hand" if prices.source.startswith("second-hand") else "AWS price list"
    moved = f"; moved by {', '.join(now.parameters)}" if now.parameters else ""
    yield f"prices of {prices.region} as of {prices.as_of}, {kind}; without retries{moved}"


def _section(label: str, sentences: Sequence[str]) -> Iterator[Text]:
    first = f"  {label}".ljust(_LABEL + 2)
    style = "bold red" if label in ("Breaking", "Owner") else "bold"
    for sentence in sentences:
        wrapped = textwrap.wrap(
            sentence, _WIDTH - len(first), break_long_words=False, break_on_hyphens=False
        )
        for index, line in enumerate(wrapped):
            yield Text.assemble((first, style), "  " * bool(index), line)
            first = " " * len(first)


def _scripts(scripts: Sequence[ScriptChange], *, full: bool) -> Iterator[Text]:
    for script in scripts if full else scripts[:_SHOWN_SCRIPTS]:
        if script.lines is None:
            yield Text.assemble(f"  {script.name}", ("  other content, not compared", "dim"))
            continue
        yield Text.assemble(f"  {script.name}", (f"  +{script.added} -{script.removed}", "dim"))
        shown = script.lines if full else script.lines[:_SHOWN_LINES]
        for line in shown:
            yield Text(f"      {line}", _LINE_STYLES.get(line[:1], "dim"))
        if (more := len(script.lines) - len(shown)) > 0:
            yield Text(f"      and {count(more, 'more line')}: --full shows all", "dim")
    if not full and (more := len(scripts) - _SHOWN_SCRIPTS) > 0:
        yield Text(f"  and {count(more, 'more script')}: --full shows all", "dim")
