"""Does the same for many pipelines at a time, within a bound; one failure leaves the others alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pipelines.deploy.errors import DeployError

# Below boto3's ten connections a client, and few enough that SageMaker's write calls are seldom throttled.
WORKERS = 8

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], items: Sequence[T]) -> tuple[R | DeployError, ...]:
    """What `work` gives for each item, in the items' order; the DeployError it raised stands in its place.

    Ctrl-C waits for the calls that are under way, and makes no others.
    """

    def attempt(item: T) -> R | DeployError:
        try:
            return work(item)
        except DeployError as error:
            return error

    if len(items) < 2:
        return tuple(attempt(item) for item in items)
    with ThreadPoolExecutor(min(WORKERS, len(items))) as pool:
        try:
            return tuple(pool.map(attempt, items))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def every(work: Callable[[T], R], items: Sequence[T]) -> tuple[R, ...]:
    """Like `each`, for when one failure makes the rest useless: the first in the items' order is raised."""
    results = each(work, items)
    for result in results:
        if isinstance(result, DeployError):
            raise result
    return tuple(result for result in results if not isinstance(result, DeployError))
