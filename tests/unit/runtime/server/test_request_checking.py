"""The service model's constraints, in the service's words."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from runtime.api import ApiError
from runtime.server.protocol import Service, service


def problems(operation: str, request: dict[str, Any]) -> list[str]:
    found: list[str] = []
    service().operation(operation).read(request, "", found)
    return found


PIPELINE = {
    "PipelineName": "p",
    "ClientRequestToken": "t" * 32,
    "RoleArn": "arn:aws:iam::123456789012:role/service-role/SageMakerPipelineRole",
    "PipelineDefinition": "{}",
}


def test_a_good_request_has_no_problem_and_loses_unknown_members_and_nulls() -> None:
    found: list[str] = []
    request = {
        **PIPELINE,
        "Tags": [{"Key": "é x", "Value": "1"}],
        "Odd": 1,
        "PipelineDescription": None,
    }
    read = service().operation("CreatePipeline").read(request, "", found)
    assert found == []
    assert read == {**PIPELINE, "Tags": [{"Key": "é x", "Value": "1"}]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"PipelineName": "bad_name"},
            "Value 'bad_name' at 'pipelineName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}",
        ),
        (
            {"RoleArn": None},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"ClientRequestToken": "short"},
            "Value 'short' at 'clientRequestToken' failed to satisfy constraint: "
            "Member must have length greater than or equal to 32",
        ),
        (
            {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 0}},
            "Value '0' at 'parallelismConfiguration.maxParallelExecutionSteps' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Value": "2"}]},
            "Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_a_broken_constraint_is_told_as_the_service_tells_it(
    change: dict[str, Any], expected: str
) -> None:
    assert problems("CreatePipeline", {**PIPELINE, **change}) == [expected]


def test_an_enum_lists_what_is_allowed() -> None:
    assert problems("ListTrainingJobs", {"SortOrder": "Up"}) == [
        "Value 'Up' at 'sortOrder' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Ascending, Descending]"
    ]


def test_every_problem_is_found_at_once() -> None:
    assert len(problems("CreatePipeline", {"PipelineName": "bad_name"})) == 3


@pytest.mark.parametrize(
    ("request_members", "named"),
    [
        ({"PipelineName": 5}, "pipelineName"),
        ({"PipelineDescription": "half a pair \ud800"}, "pipelineDescription"),
        ({"Tags": {"a": "b"}}, "tags"),
        ({"Tags": ["a"]}, "tags.1.member"),
        (
            {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 1.5}},
            "maxParallelExecutionSteps",
        ),
        (
            {"ParallelismConfiguration": {"MaxParallelExecutionSteps": True}},
            "maxParallelExecutionSteps",
        ),
        (
            {"ParallelismConfiguration": {"MaxParallelExecutionSteps": math.inf}},
            "maxParallelExecutionSteps",
        ),
    ],
)
def test_a_wrong_type_is_a_serialization_error_that_names_the_member(
    request_members: dict[str, Any], named: str
) -> None:
    with pytest.raises(ApiError, match=named) as caught:
        problems("CreatePipeline", {**PIPELINE, **request_members})
    assert caught.value.code == "SerializationException"


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(ApiError, match="CreateMagic") as caught:
        service().operation("CreateMagic")
    assert caught.value.code == "UnknownOperationException"


def test_every_operation_of_the_model_compiles_and_every_pattern_can_be_asked() -> None:

    from pipelines.definition.requests.patterns import matcher

    model = Loader().load_service_model("sagemaker", "service-2")
    for name in model["operations"]:
        service().operation(name)
    for shape in model["shapes"].values():
        if "pattern" in shape:
            matcher(shape["pattern"])("x")


def test_an_answer_is_cut_to_its_shape_and_times_to_milliseconds() -> None:
    cut = service().operation("DescribePipeline").cut
    assert cut is not None
    document = {
        "PipelineName": "p",
        "PipelineDescription": None,
        "Odd": 1,
        "CreationTime": 1700000000.123456,
        "CreatedBy": {"IamIdentity": {"Arn": "a", "Odd": 1}},
    }
    assert cut(document) == {
        "PipelineName": "p",
        "CreationTime": 1700000000.123,
        "CreatedBy": {"IamIdentity": {"Arn": "a"}},
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    ["Tags", "PipelineName", "ParallelismConfiguration", "PipelineDefinitionS3Location"]
)


@given(st.dictionaries(members, json_values))
def test_any_json_is_either_read_or_refused_as_the_clients_mistake(
    request_members: dict[str, Any],
) -> None:
    try:
        problems("CreatePipeline", request_members)
    except ApiError as error:
        assert error.code == "SerializationException"


def test_operations_that_are_first_needed_at_once_are_compiled_once() -> None:
    names = ["CreateTrainingJob", "CreateHyperParameterTuningJob"] * 4
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            fresh = Service("sagemaker")
            with ThreadPoolExecutor(len(names)) as threads:
                compiled = list(threads.map(fresh.operation, names))
                assert len({id(each.read) for each in compiled}) == 2
                broken = threads.map(lambda each: each.read({"Tags": [{}]}, "", []), compiled)
                assert [set(request) for request in broken] == [{"Tags"}] * len(names)
    finally:
        sys.setswitchinterval(before)
