"""The addresses of pages. Pages and templates write none themselves."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from runtime import arns
from runtime.ui.front import PREFIX


def url(*segments: str, **query: str) -> str:
    """`url("pipelines", "a b", step="x")` is /_studio/pipelines/a%20b?step=x; empty query values are left out."""
    path = "/".join(quote(segment, safe="") for segment in segments)
    pairs = {"from" if key == "from_" else key: value for key, value in query.items() if value}
    return f"{PREFIX}/{path}{'?' if pairs else ''}{urlencode(pairs)}"


def pipeline(name: str) -> str:
    return url("pipelines", name)


def start(name: str, **query: str) -> str:
    """The form that starts an execution, filled from an earlier one or limited to steps by the query."""
    return url("pipelines", name, "start", **query)


def version(name: str, number: object) -> str:
    """A version's graph and definition."""
    return url("pipelines", name, "versions", str(number))


def compare(name: str, before: object, after: object) -> str:
    return url("pipelines", name, "compare", before=str(before), after=str(after))


def execution(arn: str, step: str = "") -> str:
    """By the execution's ARN, with a step chosen."""
    name, _, execution_id = arns.name_in(arn).partition("/execution/")
    return url("pipelines", name, "executions", execution_id, step=step)


def act(arn: str, action: str) -> str:
    """Where the forms of an execution post to: `stop`, `retry`."""
    name, _, execution_id = arns.name_in(arn).partition("/execution/")
    return url("pipelines", name, "executions", execution_id, action)


def log(arn: str, step: str, **query: str) -> str:
    """The log of a step's job."""
    name, _, execution_id = arns.name_in(arn).partition("/execution/")
    return url("pipelines", name, "executions", execution_id, "steps", step, "log", **query)


def tuning_job(name: str, **query: str) -> str:
    return url("tuning", name, **query)


def figures(name: str, **query: str) -> str:
    """The plots of a tuning job's trials, as data."""
    return url("tuning", name, "figures", **query)


def training_job(name: str) -> str:
    return url("training", name)


def model_group(name: str) -> str:
    return url("models", name)


def model_package(arn: str, **query: str) -> str:
    """`group/3` of the registry."""
    return url("models", *arns.name_in(arn).split("/"), **query)


def judge(arn: str, verdict: str) -> str:
    """Where the form of a model package posts to: `approve`, `reject`."""
    return url("models", *arns.name_in(arn).split("/"), verdict)


def bucket(name: str, prefix: str = "", after: str = "") -> str:
    """What lies under a prefix, from the name `after` on."""
    return url("objects", name, prefix=prefix, after=after)


def content(uri: str, kind: str) -> str:
    """An object itself: `download`, or `image` to be shown in a page."""
    name, _, key = uri.removeprefix("s3://").partition("/")
    return url("objects", name, kind, key=key)


def object_(uri: str) -> str:
    """By an S3 URI: an object, or a prefix."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return url("objects", bucket, **({"key": key} if key else {}))
