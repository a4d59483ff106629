from __future__ import annotations

import pytest

from pipelines.definition.document import parse
from pipelines.deploy.planning.cost import cost
from pipelines.deploy.planning.prices import Prices

PRICES = Prices("us-east-1", "2025", "test", {"ml.a": 1.0, "ml.b": 2.0})
HOUR = {"MaxRuntimeInSeconds": 3600}


def training(name="Train", kind="ml.a", count=1, **more):
    resources = {"InstanceType": kind, "InstanceCount": count}
    arguments = {"ResourceConfig": resources, "StoppingCondition": HOUR, **more}
    return {"Name": name, "Type": "Training", "Arguments": arguments}


def tuning(jobs=10, parallel=2, **limits):
    return {
        "Name": "Tune",
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "ResourceLimits": {
                    "MaxNumberOfTrainingJobs": jobs,
                    "MaxParallelTrainingJobs": parallel,
                    **limits,
                }
            },
            "TrainingJobDefinition": training()["Arguments"],
        },
    }


def condition(*, yes=(), no=(), name="Check"):
    branches = {"Conditions": [], "IfSteps": list(yes), "ElseSteps": list(no)}
    return {"Name": name, "Type": "Condition", "Arguments": branches}


def priced(*steps, parameters=()):
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
    return cost(parse(document), PRICES)


def test_instances_times_limit_times_price():
    found = priced(training(kind="ml.b", count=3))
    assert found.usd == 6.0
    assert found.text == "at most $6.00 an execution"
    assert found.steps[0].working == "3 x ml.b, 1 h 00 min each at most"


def test_a_job_without_a_limit_may_take_a_day():
    step = training()
    del step["Arguments"]["StoppingCondition"]
    assert priced(step).usd == 24.0


def test_jobs_of_a_tuning_job_count_until_its_own_limit():
    assert priced(tuning(jobs=10)).usd == 10.0
    assert priced(tuning(jobs=10, parallel=2, MaxRuntimeInSeconds=7200)).usd == 4.0


def test_of_several_training_definitions_the_dearest_counts():
    step = tuning(jobs=5)
    arguments = step["Arguments"]
    del arguments["TrainingJobDefinition"]
    arguments["TrainingJobDefinitions"] = [
        training()["Arguments"],
        training(kind="ml.b")["Arguments"],
    ]
    assert priced(step).usd == 10.0


def test_groups_of_instances_are_added_up():
    groups = [
        {"InstanceType": "ml.a", "InstanceCount": 2},
        {"InstanceType": "ml.b", "InstanceCount": 1},
    ]
    step = training()
    step["Arguments"]["ResourceConfig"] = {"InstanceGroups": groups}
    assert priced(step).usd == 4.0


def test_only_the_dearer_branch_counts_at_every_depth():
    inner = condition(yes=[training("X", count=5)], no=[training("Y")], name="Inner")
    assert priced(condition(yes=[training("A"), inner], no=[training("B", count=3)])).usd == 6.0


def test_parameters_count_with_their_defaults_and_are_named():
    jobs = {"Name": "Jobs", "Type": "Integer", "DefaultValue": 7}
    found = priced(tuning(jobs={"Get": "Parameters.Jobs"}), parameters=[jobs])
    assert (found.usd, found.parameters, found.unknown) == (7.0, ("Jobs",), ())


@pytest.mark.parametrize(
    ("step", "said", "usd"),
    [
        (training(kind="ml.new"), "price of ml.new unknown", 0.0),
        (
            training(kind={"Get": "Parameters.Kind"}),
            "the instance type of Train is decided at start",
            0.0,
        ),
        (
            tuning(jobs={"Get": "Parameters.Kind"}),
            "the number of jobs of Tune is decided at start",
            1.0,
        ),
        (
            {"Name": "Cluster", "Type": "EMR", "Arguments": {}},
            "Cluster (EMR) is not estimated",
            0.0,
        ),
    ],
)
def test_what_is_not_known_makes_it_a_lower_bound(step, said, usd):
    kind = {"Name": "Kind", "Type": "String"}
    found = priced(step, training("Other"), parameters=[kind])
    assert found.unknown == (said,)
    assert found.text == f"at least ${usd + 1:.2f} an execution"


def test_a_transform_has_no_limit_so_its_hours_are_said():
    resources = {"InstanceType": "ml.b", "InstanceCount": 2}
    step = {"Name": "Score", "Type": "Transform", "Arguments": {"TransformResources": resources}}
    found = priced(step, training())
    assert found.text == "at most $1.00 an execution + $4.00 an hour of Score"


def test_the_body_of_a_loop_counts_for_every_item():
    loop = {
        "Name": "Loop",
        "Type": "ForEach",
        "Arguments": {"IterableItems": ["a", "b", "c"], "ForEachBody": [training("In")]},
    }
    assert priced(loop).usd == 3.0
    loop["Arguments"]["IterableItems"] = {"Get": "Parameters.Items"}
    found = priced(loop, parameters=[{"Name": "Items", "Type": "String"}])
    assert found.unknown == ("the number of items of Loop/In is decided at start",)


def test_steps_without_instances_are_free():
    steps = [{"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]
    assert priced(*steps).text == "at most $0.00 an execution"
