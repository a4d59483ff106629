from __future__ import annotations

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from pipelines.deploy.aws_errors import translated
from pipelines.deploy.errors import DeployError, ServiceError, Throttled


def refusal(code, message="Because."):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def translation(error):
    with pytest.raises(DeployError) as caught, translated("UpdatePipeline tiny"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    ("error", "next_step"),
    [
        (boto.NoCredentialsError(), "sign in"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), "sign in"),
        (boto.UnauthorizedSSOTokenError(), "sign in"),
        (boto.ProfileNotFound(profile="x"), "set AWS_PROFILE"),
        (boto.EndpointConnectionError(endpoint_url="https://x"), "check the network"),
        (boto.ReadTimeoutError(endpoint_url="https://x"), "check the network"),
        (refusal("ExpiredTokenException"), "sign in"),
        (refusal("InvalidClientTokenId"), "sign in"),
        (refusal("AccessDeniedException"), "let them, or use others"),
        (refusal("403"), "let them, or use others"),
        (refusal("NoSuchBucket"), "create the bucket"),
        (refusal("ResourceLimitExceeded"), "ask for a higher quota"),
        (refusal("ConflictException"), "try again"),
        (refusal("ThrottlingException"), "try again"),
    ],
)
def test_each_error_says_what_was_tried_and_what_to_do_next(error, next_step):
    message = str(translation(error))
    assert message.startswith("UpdatePipeline tiny: ")
    assert next_step in message


def test_throttling_is_told_apart_because_waiting_helps():
    assert isinstance(translation(refusal("ThrottlingException")), Throttled)
    assert not isinstance(translation(refusal("ValidationException")), Throttled)


def test_any_other_refusal_keeps_the_words_of_the_service():
    error = translation(refusal("ValidationException", "Unable to parse pipeline definition."))
    assert str(error) == (
        "UpdatePipeline tiny: Unable to parse pipeline definition (ValidationException)"
    )
    assert isinstance(error, ServiceError)


def test_the_answer_inside_a_failed_upload_is_found():
    try:
        raise refusal("AccessDenied")
    except ClientError:
        try:
            raise S3UploadFailedError("Failed to upload x")
        except S3UploadFailedError as upload:
            failed = upload
    assert "(AccessDenied)" in str(translation(failed))
