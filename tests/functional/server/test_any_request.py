"""Whatever arrives, the answer is a result or a refusal in the service's words: never a bug's, never a header of the client's making."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.embedded import Embedded
from runtime.server.app import application
from runtime.server.protocol import find_operations, service

Send = Callable[..., tuple[int, bytes]]
MODEL = Loader().load_service_model("sagemaker", "service-2")
ARN = "arn:aws:sagemaker:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/some-role"
STEP = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
DEFINITION = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [STEP]})
# Starting jobs and executions is not what is tried here.
OPERATIONS = [
    name
    for name in MODEL["operations"]
    if xform_name(name) in find_operations()
    and not name.endswith("PipelineExecution")
    and not (name.startswith("Create") and name.endswith("Job"))
]


@pytest.fixture(scope="module")
def send(embedded: Embedded) -> Send:
    """Hands a WSGI request to the application; checks the headers of the answer."""
    session = embedded.boto_session()
    s3, sagemaker = session.client("s3"), session.client("sagemaker")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"{}")
    sagemaker.create_pipeline(PipelineName="p", RoleArn=ROLE, PipelineDefinition=DEFINITION)
    sagemaker.create_model_package(ModelPackageGroupName="p")
    app = application(embedded.runtime)

    def request(
        method: str, uri: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        path, _, query = uri.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": uri,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **{f"HTTP_{name}": value for name, value in headers.items()},
        }
        pieces = app(environ, lambda *answer: started.append(answer))
        content = b"".join(pieces)
        getattr(pieces, "close", lambda: None)()
        for name, value in started[-1][1]:
            assert not set("\r\n") & set(value), name
            value.encode("latin-1")
        return int(started[-1][0][:3]), content

    return request


texts = st.text(max_size=6) | st.sampled_from(
    [
        *("p", "nope", "t" * 32, ROLE, DEFINITION, "{}", "s3://bucket/k", "s3://nowhere/k"),
        *(f"{ARN}:{kind}/p" for kind in ("pipeline", "model-package-group", "model", "odd")),
        *(f"{ARN}:model-package/p/{version}" for version in ("1", "x", "9" * 20)),
        *(f"{ARN}:pipeline/p/execution/{name}" for name in ("", "abcdefabcdef")),
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
SCALARS = {
    "integer": st.integers(0, 120) | st.integers(),
    "long": st.integers(),
    "float": st.floats(allow_nan=False),
    "double": st.floats(allow_nan=False),
    "timestamp": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "blob": st.just("aGk="),
}


def fitting(shape_name: str, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON of a shape's structure; the scalars in it may break its constraints."""
    shape = MODEL["shapes"][shape_name]
    kind = shape["type"]
    if kind == "string":
        return st.sampled_from(shape["enum"]) if shape.get("enum") else texts
    if kind in SCALARS:
        return SCALARS[kind]
    if depth > 3:
        return st.just([] if kind == "list" else {})
    if kind == "list":
        return st.lists(fitting(shape["member"]["shape"], depth + 1), max_size=2)
    if kind == "map":
        return st.dictionaries(texts, texts, max_size=2)
    members = {
        name: fitting(member["shape"], depth + 1) for name, member in shape["members"].items()
    }
    required = {name: members.pop(name) for name in shape.get("required", ())}
    return st.fixed_dictionaries(required, optional=members)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_request_to_sagemaker(send: Send, operation: str) -> None:
    model = MODEL["operations"][operation]
    requests = fitting(model["input"]["shape"])

    @settings(max_examples=40)
    @given(requests | anything)
    def check(request: Any) -> None:
        target = {"X_AMZ_TARGET": f"SageMaker.{operation}"}
        status, content = send("POST", "/", json.dumps(request).encode(), target)
        answer = json.loads(content)
        assert status in (200, 400), answer
        if status == 200 and "output" in model:
            broken: list[str] = []
            service().answer_reader(operation)(answer, "", broken)
            assert broken == []

    check()


NAMES = [
    *("list-type", "prefix", "delimiter", "max-keys", "marker", "continuation-token", "acl", "x"),
    *("uploads", "uploadId", "partNumber", "part-number-marker", "max-parts", "delete", "location"),
    *("encoding-type", "start-after", "response-content-type", "versionId", "fetch-owner"),
]
HEADERS = [
    *("RANGE", "IF_MATCH", "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "HOST"),
    *("X_AMZ_COPY_SOURCE", "X_AMZ_COPY_SOURCE_RANGE", "X_AMZ_METADATA_DIRECTIVE", "CONTENT_MD5"),
    *("X_AMZ_CHECKSUM_CRC32", "X_AMZ_CHECKSUM_SHA256", "X_AMZ_TRAILER", "CONTENT_ENCODING"),
    *("X_AMZ_CONTENT_SHA256", "X_AMZ_DECODED_CONTENT_LENGTH", "X_AMZ_META_A", "AUTHORIZATION"),
]
VALUES = [
    *("aws-chunked", "STREAMING-X", "bytes=0-1", "bytes=5-", "*", "/bucket/k", "REPLACE", "3"),
    *("NSRBwg==", "x-amz-checksum-crc32", "Mon, 01 Jan 2024 00:00:00 GMT", "ENABLED"),
    "AWS4-HMAC-SHA256 Credential=A/20240101/us-east-1/iam/aws4_request, x",
]
BODIES = [
    b"<Delete><Object><Key>k2</Key></Object></Delete>",
    b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"Action=GetCallerIdentity",
]
octets = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
paths = st.sampled_from(["/", "/bucket", "/bucket/k", "/nowhere/k"]) | st.one_of(
    octets.map("/{}".format),
    st.binary(max_size=10).map(lambda key: f"/bucket/{quote(key)}"),
    st.text(max_size=10).map(lambda key: f"/bucket/{quote(key)}"),
)
queries = octets | st.dictionaries(
    st.sampled_from(NAMES),
    st.text(max_size=8) | st.sampled_from(["0", "1", "-1", "9" * 12, "url", "2", "true"]),
    max_size=3,
).map(urlencode)


@settings(max_examples=1000)
@given(
    st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS"]),
    st.builds("{}?{}".format, paths, queries),
    st.binary(max_size=60) | st.sampled_from(BODIES),
    st.dictionaries(st.sampled_from(HEADERS), octets | st.sampled_from(VALUES), max_size=4),
)
def test_any_request_to_s3(
    send: Send, method: str, uri: str, body: bytes, headers: dict[str, str]
) -> None:
    status, content = send(method, uri, body, headers)
    assert status < 500 or status == 501, content


def test_every_order_of_every_list_is_known(send: Send) -> None:
    for operation in OPERATIONS:
        shape = MODEL["shapes"][MODEL["operations"][operation]["input"]["shape"]]
        if "SortBy" not in shape["members"]:
            continue
        for order in MODEL["shapes"][shape["members"]["SortBy"]["shape"]]["enum"]:
            request = {"SortBy": order, **dict.fromkeys(shape.get("required", ()), "p")}
            target = {"X_AMZ_TARGET": f"SageMaker.{operation}"}
            status, content = send("POST", "/", json.dumps(request).encode(), target)
            assert status == 200 or b"ResourceNotFound" in content, content
