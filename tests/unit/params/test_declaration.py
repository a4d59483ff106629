from __future__ import annotations

from dataclasses import replace

import pytest

from params.declaration import camel_case, descriptions_of, parameters_of, with_defaults
from params.environment import InvalidEnvironment, load, names
from params.house_price import HousePriceParameters
from params.linear_baseline import LinearBaselineParameters
from pipelines.definition.algorithms.linear_learner import LOSSES

DECLARATIONS = {"house-price": HousePriceParameters, "linear-baseline": LinearBaselineParameters}
VARIABLES = {
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Role",
    "ARTIFACT_BUCKET": "bucket",
}


def with_parameters(**changes):
    """The local environment with some of house-price's defaults changed; None removes one."""
    env = load("local")
    defaults = {**env.parameters["house-price"], **changes}
    kept = {name: value for name, value in defaults.items() if value is not None}
    return replace(env, parameters={"house-price": kept})


@pytest.mark.parametrize("environment", names())
@pytest.mark.parametrize("pipeline", DECLARATIONS)
def test_every_environment_has_usable_defaults_for_every_pipeline(environment, pipeline):
    env = load(environment, variables=VARIABLES)
    built = parameters_of(with_defaults(DECLARATIONS[pipeline], env, pipeline))
    assert [parameter.name for parameter in built] == list(descriptions_of(DECLARATIONS[pipeline]))
    assert all(parameter.default_value is not None for parameter in built)


def test_a_parameter_knows_its_type_default_and_allowed_values():
    built = with_defaults(HousePriceParameters, load("local"), "house-price")
    assert built.loss.to_request() == {
        "Name": "Loss",
        "Type": "String",
        "DefaultValue": "squared_loss",
        "EnumValues": list(LOSSES["regressor"]),
    }
    assert built.max_tuning_jobs.to_request()["Type"] == "Integer"


def test_a_whole_number_is_a_fine_default_for_a_float():
    built = with_defaults(HousePriceParameters, with_parameters(RmseThreshold=1), "house-price")
    assert built.rmse_threshold.to_request() == {
        "Name": "RmseThreshold",
        "Type": "Float",
        "DefaultValue": 1.0,
    }


def test_every_wrong_default_is_named_in_one_error():
    env = with_parameters(
        Sed=1, Seed=None, L1="much", MaxTuningJobs=2.5, L2=True, Loss="hinge_loss", LabelColumn=""
    )
    with pytest.raises(InvalidEnvironment) as error:
        with_defaults(HousePriceParameters, env, "house-price")
    where = "params/environments/local.toml: parameters.house-price."
    assert [problem.removeprefix(where) for problem in error.value.problems] == [
        "Sed: no such parameter; did you mean 'Seed'?",
        "LabelColumn: must not be empty",
        "Loss: 'hinge_loss' is not allowed; allowed: " + ", ".join(LOSSES["regressor"]),
        "L2: must be a number but got True",
        "L1: must be a number but got 'much'",
        "Seed: is missing; seed of the data split and of tuning, 0 or more",
        "MaxTuningJobs: must be an integer but got 2.5",
    ]


def test_an_environment_without_the_pipeline_lists_all_its_parameters_as_missing():
    env = replace(load("local"), parameters={})
    with pytest.raises(InvalidEnvironment) as error:
        with_defaults(LinearBaselineParameters, env, "linear-baseline")
    first, *others = error.value.problems
    assert "the table [parameters.linear-baseline] is missing" in first
    assert len(others) == len(descriptions_of(LinearBaselineParameters))


@pytest.mark.parametrize(
    ("field", "name"), [("input_data_uri", "InputDataUri"), ("l2", "L2"), ("seed", "Seed")]
)
def test_a_field_is_named_in_camel_case(field, name):
    assert camel_case(field) == name
