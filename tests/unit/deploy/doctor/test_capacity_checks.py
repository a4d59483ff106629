"""Images and quotas."""

from __future__ import annotations

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.doctor._demand import demands
from pipelines.deploy.doctor.images import Images
from pipelines.deploy.doctor.quotas import Quotas
from pipelines.deploy.errors import ServiceError

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
TRAINING = "ml.m5.large for training job usage"


def uses(image):
    arguments = {"AppSpecification": {"ImageUri": image}}
    return {"Name": "P", "Type": "Processing", "Arguments": arguments}


@pytest.mark.parametrize(
    ("image", "status"),
    [
        (f"{REGISTRY}/ours:1", "ok"),
        (f"{REGISTRY}/team/ours:2", "failed"),
        (f"{REGISTRY}/ours", "ok"),
        (f"{REGISTRY}/ours@sha256:0a", "ok"),
        (f"{REGISTRY.replace('us-east-1', 'eu-west-1')}/ours:1", "failed"),
        ("python:3.11", "warning"),
        ({"Get": "Execution.PipelineName"}, "ok"),
    ],
)
def test_every_image_can_be_pulled_in_the_region(account, context, image, status):
    account.images = ("ours:1", "ours:latest", "ours:sha256:0a")
    assert Images().run(context(uses(image))).status == status


def test_an_image_that_may_not_be_looked_at_is_skipped(account, context):
    account.refuses["has_image"] = ServiceError("BatchGetImage: denied; use others")
    assert Images().run(context(uses(f"{REGISTRY}/ours:1"))).status == "skipped"


def train(name, count=1, *, after=(), instance="ml.m5.large", **members):
    cluster = {"InstanceType": instance, "InstanceCount": count}
    arguments = {"ResourceConfig": cluster, **members}
    return {"Name": name, "Type": "Training", "Arguments": arguments, "DependsOn": list(after)}


def demand(*steps, parameters=()):
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
    return demands(parse(document))


def test_steps_that_wait_for_each_other_share_an_instance():
    assert demand(train("A"), train("B", 3, after=["A"]), train("C", after=["B"])) == {TRAINING: 3}


def test_steps_that_do_not_wait_are_added():
    assert demand(train("A"), train("B", 2), train("C", 4, after=["A", "B"])) == {TRAINING: 4}
    assert demand(train("A"), train("B", 4), train("C", 4, after=["A"])) == {TRAINING: 8}


def test_branches_of_a_condition_never_run_together():
    arguments = {"Conditions": [], "IfSteps": [train("A", 2)], "ElseSteps": [train("B", 3)]}
    gate = {"Name": "Gate", "Type": "Condition", "Arguments": arguments}
    assert demand(gate) == {TRAINING: 3}
    assert demand(gate, train("C")) == {TRAINING: 4}


def test_a_tuning_job_counts_all_it_trains_at_a_time():
    parallel = {"Name": "N", "Type": "Integer", "DefaultValue": 5}
    limits = {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": {"Get": "Parameters.N"}}
    step = {
        "Name": "Tune",
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {"ResourceLimits": limits},
            "TrainingJobDefinition": train("T", 2)["Arguments"],
        },
    }
    assert demand(step, parameters=[parallel]) == {TRAINING: 10}


def test_every_kind_of_job_has_a_quota_of_its_own():
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    steps = [
        ("Processing", {"ProcessingResources": {"ClusterConfig": cluster}}),
        ("Transform", {"TransformResources": cluster}),
        ("Training", {"ResourceConfig": cluster, "EnableManagedSpotTraining": True}),
    ]
    named = [{"Name": f"S{n}", "Type": t, "Arguments": a} for n, (t, a) in enumerate(steps)]
    assert demand(*named) == {
        "ml.m5.large for processing job usage": 2,
        "ml.m5.large for spot training job usage": 2,
        "ml.m5.large for transform job usage": 2,
    }


def test_a_loop_repeats_its_body_as_often_as_it_may_at_a_time():
    loop = {"IterableItems": ["a", "b", "c"], "ForEachBody": [train("T", 2)]}
    step = {"Name": "Loop", "Type": "ForEach", "Arguments": loop}
    assert demand(step) == {TRAINING: 6}
    loop["MaxConcurrency"] = 2
    assert demand(step) == {TRAINING: 4}


def test_instance_types_that_only_an_execution_knows_are_not_counted():
    assert demand(train("A", instance={"Get": "Execution.PipelineName"})) == {}


def test_many_steps_are_counted_in_no_time():
    side_by_side = [train(f"A{n}") for n in range(60)]
    chained = [train(f"B{n}", after=[f"A{n}"]) for n in range(60)]
    assert demand(*side_by_side, *chained) == {TRAINING: 60}


@pytest.mark.parametrize(("limit", "status"), [(4, "ok"), (3, "failed"), (0, "failed")])
def test_a_quota_must_hold_what_runs_at_a_time(account, context, limit, status):
    account.limits = {TRAINING: limit}
    result = Quotas().run(context(train("A"), train("B", 3)))
    assert result.status == status
    if status == "ok":
        assert result.found == f"{TRAINING}: 4 of 4"
    else:
        assert "tiny uses up to 4 at a time" in result.found


def test_an_instance_type_without_a_quota_is_a_warning(account, context):
    account.limits = {TRAINING: 4}
    result = Quotas().run(context(train("A", instance="ml.m5.larg")))
    assert result.status == "warning"
    assert "did you mean 'ml.m5.large" in result.todo


def test_nobody_is_asked_about_quotas_when_nothing_counts(account, context):
    account.refuses["quotas"] = ServiceError("must not be asked")
    assert Quotas().run(context(uses("x"))).status == "ok"
