"""Carry out the plans of many pipelines: first what they share, then the pipelines themselves, several at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.deploy import parallel
from pipelines.deploy.apply import apply
from pipelines.deploy.aws import Aws
from pipelines.deploy.errors import DeployError
from pipelines.deploy.plan import CreateBucket, Instruction, Plan


@dataclass(frozen=True)
class Task:
    """One pipeline's plan; `needs` are the bucket and the objects without which it must not be written.

    `arn` is that of the pipeline, None when it is yet to be created.
    """

    plan: Plan
    needs: tuple[Instruction, ...]
    arn: str | None = None


def roll_out(aws: Aws, tasks: Sequence[Task]) -> tuple[tuple[str, ...] | DeployError, ...]:
    """What `apply` says for each task, or why it was not carried out; in the order of the tasks."""
    failed = _provide(aws, [need for task in tasks for need in task.needs])

    def pipeline(task: Task) -> tuple[str, ...]:
        for problem in (error for need, error in failed if need in task.needs):
            raise problem
        return apply(aws, task.plan.own)

    return parallel.each(pipeline, tasks)


def _provide(aws: Aws, needs: Iterable[Instruction]) -> list[tuple[Instruction, DeployError]]:
    """Do each of the instructions once; those that failed, with the reason."""
    todo = list(dict.fromkeys(needs))
    # Nothing can be put into a bucket that is not there yet.
    todo.sort(key=lambda each: not isinstance(each, CreateBucket))
    buckets = [each for each in todo if isinstance(each, CreateBucket)]
    objects = todo[len(buckets) :]
    results = [
        *(parallel.each(lambda one: apply(aws, [one]), [bucket])[0] for bucket in buckets),
        *parallel.each(lambda one: apply(aws, [one]), objects),
    ]
    return [
        (each, result)
        for each, result in zip(todo, results, strict=True)
        if isinstance(result, DeployError)
    ]
