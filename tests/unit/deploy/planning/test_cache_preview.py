from __future__ import annotations

import json

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.planning.cache_preview import (
    Outcome,
    PastRun,
    PastStep,
    forecast,
    lost,
)

RUN, OLDER = "arn:run", "arn:older"
FRESH = {"Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Execution.PipelineExecutionId"}]}}


def processing(name, uri, *, cache=True, output=None, seed="0"):
    return {
        "Name": name,
        "Type": "Processing",
        "CacheConfig": {"Enabled": cache, "ExpireAfter": "P30D"},
        "Arguments": {
            "AppSpecification": {"ContainerArguments": ["--seed", seed]},
            "ProcessingInputs": [{"InputName": "data", "S3Input": {"S3Uri": uri}}],
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": output or FRESH}}]
            },
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}},
        },
    }


def output_of(step):
    return {"Get": f"Steps.{step}.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}


def definition(*steps, parameters=()):
    return parse(
        {
            "Version": "2020-12-01",
            "Parameters": list(parameters),
            "Steps": json.loads(json.dumps(steps)),
        }
    )


CHAIN = (processing("A", "s3://b/in"), processing("B", output_of("A")))


def past(found, *, source=RUN, ended=100.0, execution=RUN, values=None):
    steps = {step.name: PastStep(source, ended) for step in found.steps}
    return PastRun(execution, found, values or {}, steps)


def told(found, *runs, now=200.0):
    return {each.step: each for each in forecast(found, runs, now)}


def test_nothing_changed_everything_is_served_from_where_it_ran():
    found = definition(*CHAIN)
    served = told(found, past(found, source=OLDER, ended=None))
    assert {each.outcome for each in served.values()} == {Outcome.SERVED}
    assert {each.source for each in served.values()} == {OLDER}


def test_a_step_runs_because_of_its_attribute_and_the_next_because_of_the_step():
    before = definition(*CHAIN)
    after = definition(processing("A", "s3://b/in", seed="1"), CHAIN[1])
    found = told(after, past(before))
    assert found["A"].outcome is Outcome.RUNS
    assert found["A"].reason == "AppSpecification.ContainerArguments[1] (0 → 1)"
    assert found["B"].reason == "takes results of A"


def test_a_step_that_runs_again_into_the_same_place_leaves_the_next_one_served():
    same = processing("A", "s3://b/in", output="s3://b/out")
    after = {**same, "Arguments": {**same["Arguments"], "Environment": {"X": "1"}}}
    found = told(definition(after, CHAIN[1]), past(definition(same, CHAIN[1])))
    assert found["A"].outcome is Outcome.RUNS
    assert found["B"].outcome is Outcome.SERVED


def test_a_served_step_hands_on_the_place_it_wrote_to_then():
    before = definition(processing("A", "s3://b/in", output="s3://b/old"), CHAIN[1])
    after = definition(processing("A", "s3://b/in", output="s3://b/new"), CHAIN[1])
    found = told(after, past(before))
    assert {each.outcome for each in found.values()} == {Outcome.SERVED}


def test_a_step_that_runs_again_into_another_place_makes_the_next_one_run():
    before = definition(processing("A", "s3://b/in", output="s3://b/old"), CHAIN[1])
    after = definition(processing("A", "s3://b/in", output="s3://b/new", seed="1"), CHAIN[1])
    assert told(after, past(before))["B"].outcome is Outcome.RUNS


def test_what_is_no_part_of_the_key_changes_nothing():
    after = json.loads(json.dumps(CHAIN))
    after[0]["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceType"] = "ml.c5.xlarge"
    after[0]["Arguments"]["RoleArn"] = "other"
    found = told(definition(*after), past(definition(*CHAIN)))
    assert {each.outcome for each in found.values()} == {Outcome.SERVED}


def test_an_old_success_has_expired():
    found = definition(*CHAIN)
    late = told(found, past(found), now=100.0 + 31 * 86400)
    assert late["A"].reason == "the latest success is older than P30D"
    assert late["B"].reason == "takes results of A"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (processing("A", "s3://b/in", cache=False), "caching is off"),
        (
            {"Name": "A", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}},
            "Fail steps have no cache",
        ),
    ],
)
def test_what_is_never_cached_says_so(step, reason):
    found = definition(step)
    assert told(found, past(found))["A"].outcome is Outcome.UNCACHED
    assert told(found, past(found))["A"].reason == reason


def test_values_of_an_execution_are_compared_with_the_defaults():
    seed = {"Name": "Seed", "Type": "Integer", "DefaultValue": 1}
    joined = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Seed"}]}}
    found = definition(processing("A", "s3://b/in", seed=joined), parameters=[seed])
    assert told(found, past(found))["A"].outcome is Outcome.SERVED
    other = told(found, past(found, values={"Seed": 5}))
    assert other["A"].reason == "AppSpecification.ContainerArguments[1] (5 → 1)"
    # An older execution with the defaults is as good as the newest.
    both = told(found, past(found, values={"Seed": 5}), past(found, execution=OLDER, source=OLDER))
    assert (both["A"].outcome, both["A"].source) == (Outcome.SERVED, OLDER)


def test_what_only_the_start_or_the_execution_decides_never_hits():
    variable = definition(processing("A", "s3://b/in", seed={"Get": "Execution.StartDateTime"}))
    reason = told(variable, past(variable))["A"].reason
    assert reason.endswith("has Execution.StartDateTime, new in every execution")
    required = {"Name": "Seed", "Type": "String"}
    needed = definition(
        processing("A", "s3://b/in", seed={"Get": "Parameters.Seed"}), parameters=[required]
    )
    reason = told(needed, past(needed, values={"Seed": "0"}))["A"].reason
    assert reason.endswith("is decided at start, by parameter Seed")


def test_the_pipelines_own_name_is_the_same_every_time():
    found = definition(processing("A", "s3://b/in", seed={"Get": "Execution.PipelineName"}))
    assert told(found, past(found))["A"].outcome is Outcome.SERVED


def test_a_list_in_another_order_is_another_request():
    after = json.loads(json.dumps(CHAIN[:1]))
    more = {"InputName": "more", "S3Input": {"S3Uri": "s3://b/more"}}
    after[0]["Arguments"]["ProcessingInputs"].append(more)
    before = json.loads(json.dumps(after))
    before[0]["Arguments"]["ProcessingInputs"].reverse()
    found = told(definition(*after), past(definition(*before)))
    assert found["A"].reason == "the order of a list in its request"


def test_a_step_without_a_success_runs():
    found = definition(*CHAIN)
    failed = PastRun(RUN, found, {}, {})
    assert told(found, failed)["A"].reason == "did not succeed in the latest executions"
    assert told(found)["A"].reason == "nothing has run yet"


def test_a_step_that_no_execution_had_is_called_new_and_not_failed():
    found = told(definition(*CHAIN), past(definition(CHAIN[0])))
    assert found["B"].reason == "the latest executions have no step of this name"


def test_lost_are_the_steps_that_would_be_served_without_the_change():
    before = definition(*CHAIN)
    after = definition(CHAIN[0], processing("B", output_of("A"), seed="1"))
    runs = (past(before),)
    gone = lost(forecast(before, runs, 200.0), forecast(after, runs, 200.0))
    assert [each.step for each in gone] == ["B"]
