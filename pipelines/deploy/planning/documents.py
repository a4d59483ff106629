"""A review as data, for `--json`: stable, and versioned by `version`; members are only ever added."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pipelines.deploy.planning.cost import Cost
from pipelines.deploy.planning.review import Review
from pipelines.deploy.report import instruction_documents

FORMAT, VERSION = "pipelines.plan", 1


def review_document(review: Review) -> dict[str, Any]:
    """One pipeline's part of the document."""
    plan = review.subject.plan
    return {
        "name": plan.name,
        "action": plan.action,
        "instructions": instruction_documents(plan.instructions),
        "changes": [asdict(each) for each in (*review.changes, *review.edges)],
        "scripts": [asdict(each) for each in review.scripts],
        "cache": None if review.cache is None else [asdict(each) for each in review.cache],
        "cache_lost": [each.step for each in review.lost],
        "cost": _cost(review.cost),
        "cost_deployed": _cost(review.cost_before) if review.cost_before else None,
        "prices": {
            "region": review.prices.region,
            "as_of": review.prices.as_of,
            "source": review.prices.source,
        },
        "breaking": list(review.breaking),
        "running": list(review.running),
        "deployed": asdict(review.standing) if review.standing else None,
        "problems": list(review.problems),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "usd_at_most": None if cost.unknown else round(cost.usd, 4),
        "usd_known": round(cost.usd, 4),
        "unknown": list(cost.unknown),
        "steps": [asdict(each) for each in cost.steps],
        "parameters": list(cost.parameters),
    }
