from __future__ import annotations

from typing import Any

from pipelines.definition.document import read
from pipelines.rules._subject import Subject
from pipelines.rules.caching._volatile import CacheAnalysis, analyse

ON = {"Enabled": True, "ExpireAfter": "P30D"}
EXECUTION = {"Get": "Execution.PipelineExecutionId"}


def step(name: str, source: Any, target: Any = EXECUTION, *, cached: bool = True) -> dict[str, Any]:
    """A Processing step that reads `source` and writes to `target`."""
    arguments = {
        "ProcessingInputs": [{"InputName": "in", "S3Input": {"S3Uri": source}}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": target}}]},
    }  # fmt: skip
    found = {"Name": name, "Type": "Processing", "Arguments": arguments}
    return {**found, "CacheConfig": ON} if cached else found


def output(name: str) -> dict[str, str]:
    return {"Get": f"Steps.{name}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}


def analysis(*steps: dict[str, Any]) -> CacheAnalysis:
    definition, _ = read({"Version": "2020-12-01", "Steps": list(steps)})
    return analyse(Subject(definition, ""))


def test_a_chain_of_cached_steps_hits_although_each_writes_under_the_execution_id() -> None:
    found = analysis(step("A", "s3://b/in"), step("B", output("A")), step("C", output("B")))
    assert found.missing == {}
    assert found.because == {}


def test_an_uncached_step_is_the_cause_of_the_first_cached_one_behind_it() -> None:
    chain = (
        step("A", "s3://b/in", cached=False),
        step("B", output("A")),
        step("C", output("B")),
        step("D", output("C")),
    )
    found = analysis(*chain)

    assert [(name, each[0].source) for name, each in found.missing.items()] == [("B", "A")]
    assert found.followers("B") == ["C", "D"]


def test_a_volatile_place_is_seen_through_an_uncached_step_that_repeats_it() -> None:
    copied = step("B", "s3://b/in", {"Std:Join": {"On": "/", "Values": [output("A"), "x"]}}, cached=False)  # fmt: skip
    found = analysis(step("A", "s3://b/in", cached=False), copied, step("C", output("B")))
    assert [each.source for each in found.missing["C"]] == ["B"]


def test_a_fixed_place_of_an_uncached_step_does_no_harm() -> None:
    found = analysis(step("A", "s3://b/in", "s3://b/out", cached=False), step("B", output("A")))
    assert found.missing == {}


def test_a_step_with_a_mistake_of_its_own_and_one_before_it_has_both() -> None:
    spoilt = step("B", {"Std:Join": {"On": "/", "Values": [output("A"), EXECUTION]}})
    found = analysis(step("A", EXECUTION), spoilt)

    assert [each.source for each in found.missing["B"]] == [None]
    assert found.followers("A") == ["B"]


def test_steps_that_wait_for_each_other_are_left_alone() -> None:
    assert analysis(step("A", output("B")), step("B", output("A"))).missing == {}


def test_a_long_chain_of_uncached_steps_is_followed_without_recursion() -> None:
    chain = [
        step("S0", "s3://b/in", cached=False),
        *(step(f"S{n}", "s3://b/in", output(f"S{n - 1}"), cached=False) for n in range(1, 3000)),
    ]
    found = analysis(*reversed(chain), step("End", output("S2999")))
    assert list(found.missing) == ["End"]
