"""The one place where botocore's errors become sentences with a next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from pipelines.deploy.errors import DeployError, NoAnswer, ServiceError, Throttled
from pipelines.deploy.text import shortened

_SIGN_IN = (
    "sign in (for example `aws sso login`, or set AWS_PROFILE), or use --env local "
    "(a script: put `python -m runtime exec --` in front)"
)
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
)
_NO_CONNECTION = (boto.HTTPClientError, boto.ConnectionError)
# HEAD requests have no body: botocore shows the bare status as the code; S3 answers 400 to an expired token.
_REJECTED = {
    "400",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"}
_THROTTLED = {
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
}
# What boto3's clients raise; they have no base of their own.
CALL_ERRORS = (ClientError, BotoCoreError, Boto3Error)
# A service's message can be a whole page, when something else answers in its place.
_LONGEST = 1000


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn what botocore raises inside into a DeployError; `action` says what was tried, and on what."""
    try:
        yield
    except KeyError as error:
        raise ServiceError(
            f"{action}: the answer has no {error}, so it is not from AWS; check AWS_ENDPOINT_URL"
        ) from error
    except CALL_ERRORS as error:
        raise explained(error, action) from error


def explained(error: Exception, action: str) -> DeployError:
    """The sentence for one of CALL_ERRORS; `action` as for `translated`."""
    cause = error.__context__
    if isinstance(error, Boto3Error) and isinstance(cause, ClientError):
        error = cause  # the transfer library wraps the real answer
    return _refusal(error, action) if isinstance(error, ClientError) else _no_answer(error, action)


def code(error: ClientError) -> str:
    """The service's error code, such as ResourceNotFound."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _no_answer(error: Exception, action: str) -> DeployError:
    if isinstance(error, _NO_CREDENTIALS):
        return ServiceError(f"{action}: no usable AWS credentials ({_plain(error)}); {_SIGN_IN}")
    if isinstance(error, boto.ProfileNotFound):
        return ServiceError(
            f"{action}: {_plain(error)}; set AWS_PROFILE, or `profile` of the environment, to one that exists"
        )
    if isinstance(error, _NO_CONNECTION):
        return NoAnswer(
            f"{action}: {_plain(error)}; check the network, the region and AWS_ENDPOINT_URL"
        )
    if isinstance(error, boto.ParamValidationError):
        return ServiceError(f"{action}: the request cannot be sent: {_plain(error)}")
    return ServiceError(f"{action}: {_plain(error)}")


def _refusal(error: ClientError, action: str) -> DeployError:
    name = code(error)
    message = error.response.get("Error", {}).get("Message") or "no reason given"
    said = f"{action}: {shortened(message, _LONGEST).rstrip('.')}"
    if name in _REJECTED:
        return ServiceError(
            f"{said} ({name}); the credentials are not valid (any more): {_SIGN_IN}"
        )
    if name in _DENIED:
        # S3 says so of an absent object too, to who may not list the bucket.
        listing = " (looking into a bucket takes s3:ListBucket)" if name == "403" else ""
        return ServiceError(
            f"{said} ({name}); the credentials may not do this: let them, or use others{listing}"
        )
    if name in _THROTTLED:
        return Throttled(f"{said} ({name}); wait a moment and try again")
    if name == "NoSuchBucket":
        return ServiceError(
            f"{said} ({name}); create the bucket or correct `bucket` of the environment"
        )
    if name == "ResourceLimitExceeded":
        return ServiceError(f"{said} ({name}); wait for others to finish or ask for a higher quota")
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return NoAnswer(f"{said} ({name}); the service fails: try again later")
    if name == "ConflictException":
        return ServiceError(f"{said} ({name}); something else is changing it: try again")
    return ServiceError(f"{said} ({name})")


def _plain(error: Exception) -> str:
    return shortened(error, _LONGEST).rstrip(".")
