"""Retry policies and cache keys: pure decisions."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.definition.caching import cache_key, duration
from runtime.caching import StepCache
from runtime.retries import policy_for, read_policy
from runtime.storage.memory_records import MemoryRecords


def test_a_policy_backs_off_until_its_attempts_are_used() -> None:
    policy = read_policy(
        {
            "ExceptionType": ["Step.THROTTLING"],
            "IntervalSeconds": 2,
            "BackoffRate": 3.0,
            "MaxAttempts": 2,
        }
    )
    assert [policy.delay(failures, 0.0) for failures in (1, 2, 3)] == [2.0, 6.0, None]


def test_a_policy_without_numbers_has_the_documented_ones() -> None:
    policy = read_policy({"ExceptionType": ["Step.THROTTLING"]})
    assert [policy.delay(failures, 0.0) for failures in (1, 5, 6)] == [1.0, 16.0, None]


def test_a_policy_can_expire_by_time_instead() -> None:
    policy = read_policy({"ExceptionType": "Step.THROTTLING", "ExpireAfterMin": 1})
    assert policy.delay(1, 30.0) == 1.0
    assert policy.delay(1, 60.0) is None


def test_the_first_policy_that_names_the_exception_counts() -> None:
    policies = [
        {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 1},
        {"ExceptionType": ["Step.THROTTLING", "SageMaker.RESOURCE_LIMIT"], "MaxAttempts": 2},
    ]
    found = policy_for(policies, "SageMaker.RESOURCE_LIMIT")
    assert found
    assert found.max_attempts == 2
    assert policy_for(policies, "SageMaker.CAPACITY_ERROR") is None
    assert policy_for(policies, None) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30d", 30 * 86400),
        ("P30d", 30 * 86400),
        ("5y", 5 * 365 * 86400),
        ("T16m", 16 * 60),
        ("30dT5h", 30 * 86400 + 5 * 3600),
        ("PT1H", 3600),
        ("p1m", 30 * 86400),
    ],
)
def test_durations_are_read_as_the_service_reads_them(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "soon", "5", "-3d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration(text)


TRAINING: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": "i"},
    "HyperParameters": {"eta": "1"},
    "OutputDataConfig": {"S3OutputPath": "s3://b/1"},
    "ResourceConfig": {"InstanceCount": 1},
}


def test_a_cache_key_ignores_where_results_go_and_what_runs_it() -> None:
    moved = {**TRAINING, "OutputDataConfig": {"S3OutputPath": "s3://b/2"}, "ResourceConfig": {}}
    assert cache_key("p", "s", "Training", TRAINING) == cache_key("p", "s", "Training", moved)


def test_a_cache_key_depends_on_the_algorithm_and_its_hyperparameters() -> None:
    changed = {**TRAINING, "HyperParameters": {"eta": "2"}}
    assert cache_key("p", "s", "Training", TRAINING) != cache_key("p", "s", "Training", changed)


def test_a_tuning_key_ignores_the_output_path_of_its_training_jobs() -> None:
    keys = {
        cache_key("p", "s", "Tuning", {"TrainingJobDefinition": {"OutputDataConfig": path}})
        for path in ("a", "b")
    }
    assert len(keys) == 1


@pytest.mark.parametrize("kind", ["Model", "RegisterModel", "Condition", "Fail"])
def test_types_that_are_never_cached_have_no_key(kind: str) -> None:
    assert cache_key("p", "s", kind, {}) is None


def test_an_entry_is_found_while_it_is_young_and_caching_is_on_and_its_execution_exists() -> None:
    records = MemoryRecords()
    cache = StepCache(records)
    entry = {"EndTime": 1000.0, "ExecutionArn": "arn:p/execution/e1"}
    cache.keep("k", entry)
    on = {"Enabled": True, "ExpireAfter": "PT1H"}
    assert cache.find("k", on, 1000.0) is None
    records.put("Execution", "e1", {})
    assert cache.find("k", on, 1000.0 + 3599) == entry
    assert cache.find("k", on, 1000.0 + 3601) is None
    assert cache.find("k", {"Enabled": True}, 1e9) == entry
    assert cache.find("k", {"Enabled": False}, 1000.0) is None
    assert cache.find("k", None, 1000.0) is None
    assert cache.find("other", on, 1000.0) is None
