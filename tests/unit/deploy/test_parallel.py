from __future__ import annotations

import threading

import pytest

from pipelines.deploy import parallel
from pipelines.deploy.errors import DeployError


def test_results_come_in_the_order_of_the_items_with_failures_in_their_place():
    def work(number):
        if number % 3 == 0:
            raise DeployError(str(number))
        return number * 2

    results = parallel.each(work, list(range(7)))
    assert [str(each) for each in results] == ["0", "2", "4", "3", "8", "10", "6"]
    assert isinstance(results[3], DeployError)


def test_every_raises_the_first_failure():
    def work(number):
        if number > 1:
            raise DeployError(f"item {number}")
        return number

    assert parallel.every(work, [0, 1]) == (0, 1)
    with pytest.raises(DeployError, match="item 2"):
        parallel.every(work, [0, 1, 2, 3])


def test_the_calls_at_a_time_are_bounded():
    at_once, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(parallel.WORKERS)

    def work(number):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        full.wait(10)  # passes only when as many as are allowed are in here together
        with lock:
            at_once -= 1
        return number

    numbers = list(range(4 * parallel.WORKERS))
    assert parallel.each(work, numbers) == tuple(numbers)
    assert most == parallel.WORKERS


def test_ctrl_c_makes_no_further_calls():
    made = []

    def work(number):
        made.append(number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parallel.each(work, range(1000))
    assert len(made) < 1000
