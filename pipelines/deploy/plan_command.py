"""The work behind `python -m pipelines.plan`: read, plan, judge, print, and decide about the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from params.environment import Environment
from pipelines.deploy import planner, promotion
from pipelines.deploy.endpoint import Endpoint, open_endpoint
from pipelines.deploy.errors import DONE, FAILED, UsageError
from pipelines.deploy.gate import gate
from pipelines.deploy.output import conclude, print_document, remark
from pipelines.deploy.planner import Composed, Planned
from pipelines.deploy.planning import plan_file
from pipelines.deploy.planning.cost import money
from pipelines.deploy.planning.documents import FORMAT, VERSION, review_document
from pipelines.deploy.planning.markdown import review_markdown
from pipelines.deploy.planning.review import Review
from pipelines.deploy.planning.text import review_lines
from pipelines.deploy.provenance import Owner
from pipelines.deploy.sources import Source

CHANGES = 2
TEXT = "text"


@dataclass(frozen=True)
class PlanOptions:
    """`against` is an environment, or names a pipeline or a file; `form` is text, json or markdown; `fail_on` holds breaking, cache, drift and cost>N."""

    against: str | Environment | None = None
    form: str = TEXT
    full: bool = False
    out: Path | None = None
    fail_on: tuple[str, ...] = ()
    detailed: bool = False
    cache: bool = True


def plan(
    environment: Environment, found: Sequence[Source], options: PlanOptions, terminal: Console
) -> int:
    """Plan for each definition and print it; the exit code. Raises DeployError."""
    notes = gate(environment, [each for each in found if each.synthesis], cache=options.cache)
    wanted = [planner.composed(each) for each in found]
    offline = isinstance(options.against, Environment) or planner.is_file(options.against)
    with nullcontext() if offline else open_endpoint(environment) as endpoint:
        planned = _planned(endpoint, environment, wanted, options)
        reviews = planner.review_all(endpoint.aws if endpoint else None, environment, planned)
    label = endpoint.label if endpoint else _label(options.against)
    if options.out:
        _save(environment, planned, options.out)
    if options.form == TEXT:
        _say(terminal, f"{environment.name}: {label}", reviews, options)
        remark(terminal, *notes)
    else:
        _print(environment, label, reviews, options)
    return _exit_code(reviews, options)


def _label(against: str | Environment | None) -> str:
    if isinstance(against, Environment):
        return f"what {against.name} has, with the places of this environment"
    return str(against)


def _planned(
    endpoint: Endpoint | None,
    environment: Environment,
    wanted: Sequence[Composed],
    options: PlanOptions,
) -> tuple[Planned, ...]:
    if options.against is not None:
        if isinstance(options.against, Environment):
            return _against(environment, options.against, wanted)
        if len(wanted) != 1:
            raise UsageError("--against compares one definition; name it")
        other = planner.other_side(endpoint.aws if endpoint else None, options.against)
        return (planner.plan_against(environment, wanted[0], other),)
    assert endpoint is not None
    for each in wanted:
        if not each.ours:
            planner.pipeline_name(each.synthesis.name, "--file without --against")
    return planner.plan_all(endpoint.aws, environment, wanted, {})


def _against(
    here: Environment, there: Environment, wanted: Sequence[Composed]
) -> tuple[Planned, ...]:
    found = promotion.counterparts(here, there, [each.synthesis for each in wanted])
    return tuple(
        planner.plan_against(here, each, promotion.as_if_here(here, there, other))
        for each, other in zip(wanted, found, strict=True)
    )


def _save(environment: Environment, planned: Sequence[Planned], path: Path) -> None:
    filed = tuple(plan_file.filed(each.plan, each.deployed) for each in planned)
    plan_file.save(plan_file.PlanFile(environment.name, environment.region, filed), path)


def _print(
    environment: Environment, label: str, reviews: Sequence[Review], options: PlanOptions
) -> None:
    if options.form == "json":
        print_document(
            {
                "format": FORMAT,
                "version": VERSION,
                "environment": environment.name,
                "against": label,
                "pipelines": [review_document(each) for each in reviews],
            }
        )
    else:
        print("\n".join(review_markdown(each) for each in reviews))


def _say(terminal: Console, heading: str, reviews: Sequence[Review], options: PlanOptions) -> None:
    remark(terminal, heading)
    for each in reviews:
        conclude(terminal, *review_lines(each, full=options.full))
    if options.out:
        remark(terminal, "", f"Apply it with: python -m pipelines.upsert --plan-file {options.out}")


def _exit_code(reviews: Sequence[Review], options: PlanOptions) -> int:
    met = [sentence for each in reviews for sentence in _met(each, options.fail_on)]
    for sentence in met:
        print(f"error: --fail-on {sentence}", file=sys.stderr)
    if met:
        return FAILED
    changes = any(each.subject.plan.instructions for each in reviews)
    return CHANGES if options.detailed and changes else DONE


def _met(review: Review, conditions: Sequence[str]) -> Iterator[str]:
    """Which of the conditions hold, and why."""
    for condition in conditions:
        kind, _, limit = condition.partition(">")
        if kind == "breaking" and review.breaking:
            yield f"{condition}: {review.name}: {review.breaking[0]}"
        if kind == "cache" and review.lost:
            steps = ", ".join(each.step for each in review.lost)
            yield f"{condition}: {review.name}: {steps} would be served without this change"
        standing = review.standing
        if kind == "drift" and standing and (standing.drifted or standing.owner is Owner.OTHERS):
            yield f"{condition}: {review.name}: what is deployed was changed by others"
        if kind == "cost":
            yield from _too_dear(review, float(limit))


def _too_dear(review: Review, limit: float) -> Iterator[str]:
    cost = review.cost
    if cost.usd > limit:
        yield f"cost: {review.name}: {cost.text}, the limit is {money(limit)}"
    elif cost.unknown:
        # What is not known may be above any limit.
        yield f"cost: {review.name}: {cost.unknown[0]}, so no limit can be held"
