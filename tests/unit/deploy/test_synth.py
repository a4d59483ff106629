from __future__ import annotations

import importlib
import logging
import os
import re
import socket
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import boto3
import botocore.session
import pytest
from botocore.validate import ParamValidator

from params.environment import Environment, load
from pipelines.definition.check import check
from pipelines.definition.document import canonical, parse
from pipelines.definition.expressions import is_expression
from pipelines.deploy import synth
from pipelines.deploy.errors import UsageError
from pipelines.deploy.offline import offline
from pipelines.deploy.synth import (
    CompositionFailed,
    composition_names,
    synthesise,
    synthesise_module,
)

NAMES = ("house-price", "linear-baseline")
GOLDEN = Path(__file__).parents[2] / "cases" / "definitions"
OPERATIONS = {
    "Model": ("CreateModel", {"ModelName": "x"}),
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "x"}),
    "RegisterModel": ("CreateModelPackage", {}),
    "Training": ("CreateTrainingJob", {"TrainingJobName": "x"}),
    "Transform": ("CreateTransformJob", {"TransformJobName": "x"}),
    "Tuning": ("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "x"}),
}


@pytest.fixture(scope="module")
def synthesised():
    return {name: synthesise(name, load("local")) for name in NAMES}


def test_a_composition_is_a_file():
    assert set(NAMES) <= set(composition_names())
    assert list(composition_names()) == sorted(composition_names())


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_is_well_formed_and_canonical(synthesised, name):
    definition = parse(synthesised[name].definition)
    assert check(definition) == []
    assert canonical(definition.document) == synthesised[name].definition
    assert synthesised[name].description.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_is_the_golden_one(synthesised, name):
    """To accept a change: python -m pipelines.synth, then copy with the digests replaced by a dot."""
    golden = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    assert re.sub(r"assets/[0-9a-f]{64}/", "assets/./", synthesised[name].definition) == golden


@pytest.mark.parametrize("name", NAMES)
def test_every_asset_is_used_and_exists(synthesised, name):
    for asset in synthesised[name].assets:
        assert asset.path.is_file()
        assert f'"{asset.uri}"' in synthesised[name].definition


@pytest.mark.parametrize("name", NAMES)
def test_every_request_is_one_that_botocore_would_send(synthesised, name):
    service = botocore.session.Session().get_service_model("sagemaker")
    checked = 0
    for step in parse(synthesised[name].definition).steps:
        if step.type not in OPERATIONS:
            continue
        operation, named = OPERATIONS[step.type]
        shape = service.operation_model(operation).input_shape
        request = {**named, **resolved(shape, step.arguments)}
        report = ParamValidator().validate(request, shape)
        assert not report.has_errors(), f"{step.name}: {report.generate_report()}"
        checked += 1
    assert checked == {"house-price": 7, "linear-baseline": 3}[name]


def resolved(shape, value):
    """Replace expressions by a value of the type that their place wants."""
    if is_expression(value):
        return {"string": "x", "integer": 1, "float": 1.0, "boolean": True}[shape.type_name]
    if shape.type_name == "structure":
        return {key: resolved(shape.members[key], member) for key, member in value.items()}
    if shape.type_name == "map":
        return {key: resolved(shape.value, member) for key, member in value.items()}
    if shape.type_name == "list":
        return [resolved(shape.member, member) for member in value]
    return value


def test_house_price_has_the_steps_it_is_known_by(synthesised):
    definition = parse(synthesised["house-price"].definition)
    kinds = {step.name: step.type for step in definition.steps}
    assert kinds == {
        "Prepare": "Processing",
        "TrainLinear": "Training",
        "TuneXGBoost": "Tuning",
        "CreateBaselineModel": "Model",
        "ScoreBaseline": "Transform",
        "Evaluate": "Processing",
        "CheckQuality": "Condition",
        "Register": "RegisterModel",
        "QualityTooLow": "Fail",
    }
    cached = {step.name for step in definition.steps if step.cache}
    # What comes after a Model step never hits: its name is new each time.
    assert cached == {"Prepare", "TrainLinear", "TuneXGBoost"}
    assert all(step.retry_policies for step in definition.steps if step.type in OPERATIONS)


def test_only_jobs_retry_for_capacity_and_only_single_jobs_for_internal_errors(synthesised):
    for step in parse(synthesised["house-price"].definition).steps:
        kinds = {kind for policy in step.retry_policies for kind in policy["ExceptionType"]}
        is_job = step.type in ("Processing", "Training", "Transform", "Tuning")
        assert ("SageMaker.CAPACITY_ERROR" in kinds) is is_job
        internal = "SageMaker.JOB_INTERNAL_ERROR" in kinds
        assert internal is (is_job and step.type != "Tuning")


def test_what_an_execution_writes_lies_under_its_own_id(synthesised):
    text = synthesised["house-price"].definition
    definition = parse(text)
    outputs = definition.step("Prepare").arguments["ProcessingOutputConfig"]["Outputs"]
    for output in outputs:
        assert {"Get": "Execution.PipelineExecutionId"} in output["S3Output"]["S3Uri"]["Std:Join"][
            "Values"
        ]


def test_the_best_models_uri_follows_the_tuning_job_also_out_of_the_cache(synthesised):
    evaluate = parse(synthesised["house-price"].definition).step("Evaluate")
    [model] = [
        entry for entry in evaluate.arguments["ProcessingInputs"] if entry["InputName"] == "model"
    ]
    assert model["S3Input"]["S3Uri"]["Std:Join"]["Values"] == [
        {"Get": "Steps.TuneXGBoost.TrainingJobDefinition.OutputDataConfig.S3OutputPath"},
        {"Get": "Steps.TuneXGBoost.BestTrainingJob.TrainingJobName"},
        "output/model.tar.gz",
    ]


def test_another_region_takes_its_own_images():
    env = load("local")
    there = Environment(**{**vars(env), "region": "eu-west-1"})
    definition = synthesise("linear-baseline", there).definition
    assert "438346466558.dkr.ecr.eu-west-1.amazonaws.com/linear-learner:1" in definition


def test_an_unknown_pipeline_gets_the_near_miss():
    with pytest.raises(UsageError, match="no pipeline 'house-prise'; did you mean 'house-price'"):
        synthesise("house-prise", load("local"))


def test_a_wrong_default_is_an_error_that_names_the_pipeline():
    parameters = {"linear-baseline": {"Sed": 0}}
    env = Environment(**{**vars(load("local")), "parameters": parameters})
    with pytest.raises(CompositionFailed) as error:
        synthesise("linear-baseline", env)
    heading, first, *others = str(error.value).splitlines()
    assert heading == "linear-baseline: 13 problems"
    assert first.endswith("parameters.linear-baseline.Sed: no such parameter; did you mean 'Seed'?")
    assert ".InputDataUri: is missing; " in others[0]


def test_a_composition_without_defaults_is_told_which_table_is_missing():
    env = Environment(**{**vars(load("local")), "parameters": {"linear-basline": {}}})
    with pytest.raises(CompositionFailed) as error:
        synthesise("linear-baseline", env)
    assert str(error.value).splitlines()[1] == (
        "  params/environments/local.toml: the table [parameters.linear-baseline] is missing; "
        "did you mean 'linear-basline'?"
    )


def test_a_script_that_is_not_there_is_named(monkeypatch, tmp_path, synthesised):
    monkeypatch.setattr("steps.context.SCRIPTS", tmp_path)
    with pytest.raises(
        CompositionFailed, match=r"linear-baseline \(.*:\d+\): .*No such file.*prepare\.py"
    ):
        synthesise("linear-baseline", load("local"))


def test_a_file_that_composes_nothing_is_named():
    with (
        offline("us-east-1"),
        pytest.raises(CompositionFailed, match="mine has no function compose"),
    ):
        synth.synthesise_module("mine", SimpleNamespace(__name__="mine"), load("local"))


def test_a_pipeline_must_have_the_name_of_its_file():
    wrong = SimpleNamespace(name="other", definition=lambda: '{"Steps": []}')
    module = SimpleNamespace(__name__="mine", __doc__=None, compose=lambda env, session: wrong)
    with (
        offline("us-east-1"),
        pytest.raises(CompositionFailed, match="mine composes a pipeline named 'other'"),
    ):
        synth.synthesise_module("mine", module, load("local"))


def test_synth_leaves_the_process_as_it_found_it(monkeypatch, capfd):
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no URL at all")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/no/such/file")
    root = logging.getLogger()
    before = dict(os.environ), root.level, root.handlers[:], boto3.DEFAULT_SESSION
    synthesise("linear-baseline", load("local"))
    assert (dict(os.environ), root.level, root.handlers[:], boto3.DEFAULT_SESSION) == before
    assert capfd.readouterr() == ("", "")


def test_synth_opens_no_socket(monkeypatch, synthesise_file):
    def refuse(*arguments):
        raise AssertionError(f"synth wants the network: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert synthesise("linear-baseline", load("local")).assets
    assert synthesise_file("twins", "producers.py").assets


def test_a_composition_that_asks_aws_gets_told_so(synthesised):
    from pipelines.deploy.session import ComposingCallsAws, OfflineSession

    session = OfflineSession(load("local"))
    with pytest.raises(ComposingCallsAws, match=r"wants sagemaker\.describe_model; pass the value"):
        session.sagemaker_client.describe_model(ModelName="x")
    with pytest.raises(ComposingCallsAws, match="an asset is one file"):
        session.upload_data("steps", bucket="b", key_prefix="k")
    with pytest.raises(ComposingCallsAws, match="write it to a file"):
        session.upload_string_as_file_body("text", bucket="b", key="k")


def test_the_same_content_is_one_asset_under_one_key(tmp_path, synthesised):
    from pipelines.deploy.session import OfflineSession

    first, second = tmp_path / "a" / "run.py", tmp_path / "b" / "run.py"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text("print(1)")
    session = OfflineSession(load("local"))
    assert session.asset(first) == session.asset(second)
    assert len(session.assets) == 1


@pytest.mark.parametrize(("most", "said"), [(None, None), (4, 4)])
def test_a_composition_may_say_how_many_steps_run_at_a_time(synthesised_with, most, said):
    assert synthesised_with(most).parallelism == said


@pytest.mark.parametrize("most", [0, True, "4", 2.0])
def test_a_number_of_steps_that_is_none_is_refused(synthesised_with, most):
    with pytest.raises(CompositionFailed, match="MAX_PARALLEL_STEPS must be a whole number from 1"):
        synthesised_with(most)


@pytest.fixture
def synthesised_with(monkeypatch):
    """Synthesise a composition of the project with a MAX_PARALLEL_STEPS."""

    def synthesise_with(most):
        env = load("local")
        with offline(env.region):
            module = importlib.import_module("pipelines.compositions.linear_baseline")
            monkeypatch.setattr(module, "MAX_PARALLEL_STEPS", most, raising=False)
            return synthesise_module("linear-baseline", module, env)

    return synthesise_with


class TestTracking:
    ARN = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-ABCDEF"

    @pytest.mark.parametrize("mlflow", ["off", "local"])
    def test_the_definition_says_nothing_of_what_is_no_business_of_sagemakers(
        self, synthesised, mlflow
    ):
        found = synthesise("linear-baseline", replace(load("local"), mlflow=mlflow))
        assert found.definition == synthesised["linear-baseline"].definition

    def test_an_mlflow_in_sagemaker_is_named_with_the_pipeline_as_experiment(self):
        found = synthesise("linear-baseline", replace(load("local"), mlflow=self.ARN))
        definition = parse(found.definition)
        assert definition.document["MlflowConfig"] == {
            "MlflowResourceArn": self.ARN,
            "MlflowExperimentName": "linear-baseline",
        }
        assert check(definition) == []

    def test_it_is_written_as_the_sdk_writes_it(self):
        from sagemaker.core.shapes.shapes import MlflowConfig
        from sagemaker.mlops.workflow.pipeline import Pipeline

        config = MlflowConfig(mlflow_resource_arn=self.ARN, mlflow_experiment_name="tiny")

        def compose(env, session):
            return Pipeline("tiny", steps=[], mlflow_config=config, sagemaker_session=session)

        module = SimpleNamespace(__name__="tiny", __doc__="Tiny.", compose=compose)
        with offline("us-east-1"):
            found = [
                synth.synthesise_module("tiny", module, replace(load("local"), mlflow=mlflow))
                for mlflow in ("off", "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/other")
            ]
        # What a composition has chosen itself stays.
        for each in found:
            assert parse(each.definition).document["MlflowConfig"] == {
                "MlflowResourceArn": self.ARN,
                "MlflowExperimentName": "tiny",
            }
