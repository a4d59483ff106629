from __future__ import annotations

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sagemaker.core.workflow.parameters import (
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)
from sagemaker.core.workflow.properties import Properties

from pipelines.definition.algorithms.linear_learner import LinearLearner
from pipelines.definition.algorithms.xgboost import XGBoost
from steps.algorithms import linear_learner as linear_module
from steps.algorithms import xgboost as xgboost_module
from steps.algorithms.estimator import Channel, estimator
from steps.algorithms.hyperparameters import checked
from steps.algorithms.images import image_uri
from steps.algorithms.linear_learner import linear_learner
from steps.algorithms.values import InvalidEstimator
from steps.algorithms.xgboost import xgboost

DATA = Channel("s3://bucket/train")


def problems(call, *arguments, **keywords):
    with pytest.raises(InvalidEstimator) as error:
        call(*arguments, **keywords)
    return error.value.problems


@pytest.mark.parametrize(
    ("module", "algorithm", "not_keywords"),
    [
        (linear_module, LinearLearner(), {"_tuning_objective_metric"}),
        (xgboost_module, XGBoost(), {"_tuning_objective_metric", "lambda"}),
    ],
)
def test_every_documented_hyperparameter_is_a_typed_keyword(module, algorithm, not_keywords):
    documented = {known.name for known in algorithm.hyperparameters} | set(algorithm.aliases)
    assert set(typing.get_type_hints(module.Hyperparameters)) == documented - not_keywords


def test_a_linear_learner_request_has_image_channels_and_texts(settings):
    estimator = linear_learner(
        settings, predictor_type="regressor", epochs=20, wd=1e-05, use_bias=True
    )
    request = estimator.training_request({"train": DATA, "test": Channel("s3://bucket/test")})
    assert request["HyperParameters"] == {
        "predictor_type": "regressor",
        "epochs": "20",
        "wd": "1e-05",
        "use_bias": "true",
    }
    image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
    assert request["AlgorithmSpecification"] == {
        "TrainingImage": image,
        "TrainingInputMode": "File",
    }
    assert [entry["ChannelName"] for entry in request["InputDataConfig"]] == ["train", "test"]
    assert {entry["ContentType"] for entry in request["InputDataConfig"]} == {"text/csv"}
    assert request["OutputDataConfig"]["S3OutputPath"] == "s3://bucket/models"


def test_numbers_known_at_start_travel_as_joins(settings):
    estimator = linear_learner(
        settings,
        predictor_type="regressor",
        loss=ParameterString("Loss", default_value="huber_loss"),
        wd=ParameterFloat("L2", default_value=0.0),
        mini_batch_size=Properties("Prepare", "ExitMessage"),
    )
    assert estimator.hyperparameters["loss"].expr == {"Get": "Parameters.Loss"}
    assert estimator.hyperparameters["wd"].expr == {
        "Std:Join": {"On": "", "Values": [{"Get": "Parameters.L2"}]}
    }
    assert "Std:Join" in estimator.hyperparameters["mini_batch_size"].expr


def test_every_refused_hyperparameter_is_named_in_one_error(settings):
    found = problems(
        linear_learner,
        settings,
        predictor_type="regressor",
        epoch=3,
        wd=-1,
        epochs=1.5,
        use_bias=1,
        optimizer="adamw",
    )
    assert found == (
        "epoch: linear-learner has no such hyperparameter; did you mean 'epochs'?",
        "wd: '-1' is not allowed; allowed: number >= 0 or 'auto'",
        "epochs: '1.5' is not allowed; allowed: integer >= 1",
        "use_bias: '1' is not allowed; allowed: true or false",
        "optimizer: 'adamw' is not allowed; allowed: auto, sgd, adam, rmsprop",
    )


def test_a_loss_of_another_predictor_type_is_refused(settings):
    [problem] = problems(linear_learner, settings, predictor_type="regressor", loss="softmax_loss")
    assert problem.startswith("loss: 'softmax_loss' is not allowed for predictor_type regressor")


def test_defaults_and_allowed_values_of_parameters_are_checked_too(settings):
    found = problems(
        linear_learner,
        settings,
        predictor_type="regressor",
        learning_rate=ParameterFloat("Rate", default_value=-0.5),
    )
    assert found == (
        "learning_rate: '-0.5' is not allowed; allowed: number > 0 or 'auto' "
        "(default of parameter Rate)",
    )
    [problem] = problems(
        linear_learner,
        settings,
        predictor_type="regressor",
        loss=ParameterString("Loss", default_value="auto", enum_values=["auto", "logistic"]),
    )
    assert problem.startswith("loss: 'logistic' is not allowed for predictor_type regressor")
    assert problem.endswith("(allowed value of parameter Loss)")


def test_a_parameter_whose_type_cannot_fit_is_refused(settings):
    found = problems(
        linear_learner,
        settings,
        predictor_type="regressor",
        epochs=ParameterFloat("Epochs"),
        wd=ParameterBoolean(name="L2"),
    )
    assert found == (
        "epochs: parameter Epochs of type Float is not allowed; allowed: integer >= 1",
        "wd: parameter L2 of type Boolean is not allowed; allowed: number >= 0 or 'auto'",
    )


def test_a_parameter_without_a_default_is_decided_later(settings):
    made = xgboost(settings, objective="reg:squarederror", num_round=ParameterInteger("Rounds"))
    assert "Std:Join" in made.hyperparameters["num_round"].expr


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, {1, 2}])
def test_a_value_without_a_text_is_refused(settings, value):
    [problem] = problems(xgboost, settings, num_round=value)
    assert problem.endswith("allowed: a text, number, boolean or pipeline variable")


def test_an_alias_becomes_the_algorithms_own_name(settings):
    made = xgboost(settings, num_round=10, reg_lambda=2.0, learning_rate=0.1)
    assert made.hyperparameters == {"num_round": "10", "lambda": "2.0", "eta": "0.1"}
    [problem] = problems(xgboost, settings, num_round=10, eta=0.1, learning_rate=0.2)
    assert problem == "learning_rate: is another name of 'eta', which is given too; drop one"


def test_a_required_hyperparameter_is_missed_when_the_request_is_built(settings):
    made = xgboost(settings, objective="reg:squarederror")  # a tuning range may still bring it
    [problem] = problems(made.training_request, {"train": DATA})
    assert problem.startswith("num_round: is required")


def test_wrong_channels_are_refused(settings):
    made = xgboost(settings, num_round=1)
    found = problems(
        made.training_request, {"trian": DATA, "validation": Channel("s3://b/v", "text/json")}
    )
    assert found[0] == "channel 'train' is missing"
    assert found[1] == "channel 'trian' is not allowed; did you mean 'train'?"
    assert found[2].startswith("channel 'validation': content type 'text/json' is not allowed")


@pytest.mark.parametrize("version", ["2", "latest"])
def test_a_version_that_the_sdk_would_silently_replace_is_refused(settings, version):
    [problem] = problems(linear_learner, settings, version=version, predictor_type="regressor")
    assert problem == f"version '{version}' is not allowed; allowed: 1"


def test_an_unknown_region_is_refused(settings):
    from dataclasses import replace

    with pytest.raises(InvalidEstimator, match="no image in region mars-north-1"):
        xgboost(replace(settings, region="mars-north-1"), num_round=1)


def test_an_image_is_found_by_region_and_version():
    registry = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
    assert image_uri("xgboost", "us-east-1", "3.0-5") == f"{registry}/sagemaker-xgboost:3.0-5"
    assert "eu-west-1" in image_uri("linear-learner", "eu-west-1", "1")
    [problem] = problems(image_uri, "xgbost", "us-east-1", "3.0-5")
    assert problem == "is not a built-in algorithm; did you mean 'xgboost'?"


def test_any_container_takes_any_hyperparameter_and_its_own_metrics(settings):
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:3"
    made = estimator(settings, image, {"depth": 3, "fast": True}, {"loss": "loss=(\\S+)"})
    request = made.training_request({"anything": Channel("s3://b/d", "application/x-mine")})
    assert request["HyperParameters"] == {"depth": "3", "fast": "true"}
    assert request["AlgorithmSpecification"]["MetricDefinitions"] == [
        {"Name": "loss", "Regex": "loss=(\\S+)"}
    ]


def test_a_built_in_image_is_checked_like_the_algorithm(settings):
    image = xgboost(settings, num_round=1).image_uri
    assert problems(estimator, settings, image, {"num_rounds": 1})[0].startswith("num_rounds: ")
    [problem] = problems(estimator, settings, image, {"num_round": 1}, {"loss": "x"})
    assert problem.startswith("metric definitions are not allowed")


@given(st.dictionaries(st.text(max_size=12), st.one_of(st.none(), st.floats(), st.text())))
def test_whatever_is_given_the_answer_is_texts_or_one_error(given_values):
    try:
        found = checked(XGBoost(), given_values)
    except InvalidEstimator as error:
        assert error.problems
    else:
        assert all(isinstance(text, str) for text in found.values())
