"""The log of a step's job, through CloudWatch's operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.api import ApiError
from runtime.ui.site import Site
from runtime.ui.steps import Job

# Lines on one page.
PAGE = 2000
_KINDS = ("ProcessingJob", "TrainingJob", "TransformJob")
_PLAIN = re.compile(r"[^\x09\x20-\U0010ffff]+")


@dataclass(frozen=True)
class Lines:
    """Messages in order; `more` is the token of what comes next when it does not end here."""

    messages: tuple[str, ...] = ()
    more: str = ""


def has_log(job: Job | None) -> bool:
    return job is not None and job.kind in _KINDS


def streams(site: Site, job: Job) -> list[str]:
    """One for each host; empty while nothing was written."""
    try:
        answer = site.logs(
            "DescribeLogStreams", logGroupName=_group(job), logStreamNamePrefix=f"{job.name}/"
        )
    except ApiError:
        return []  # the group comes with its first job's first line
    return [stream["logStreamName"] for stream in answer["logStreams"]]


def tail(site: Site, job: Job, stream: str, limit: int) -> Lines:
    """The last lines."""
    answer = site.logs("GetLogEvents", logGroupName=_group(job), logStreamName=stream, limit=limit)
    return Lines(tuple(_plain(event["message"]) for event in answer["events"]))


def last_line(site: Site, job: Job | None) -> str:
    """What a job wrote last, which is where a script says what went wrong; empty when it wrote nothing."""
    if job is None or not has_log(job):
        return ""
    found = streams(site, job)
    lines = tail(site, job, found[0], 5).messages if found else ()
    return next((line for line in reversed(lines) if line.strip()), "")


def search(site: Site, job: Job, names: Sequence[str], pattern: str, token: str = "") -> Lines:
    """Lines with the terms of a CloudWatch pattern, oldest first; all lines for an empty one. Raises ApiError."""
    if not names:
        return Lines()
    request = {"filterPattern": pattern, **({"nextToken": token} if token else {})}
    answer = site.logs(
        "FilterLogEvents",
        logGroupName=_group(job),
        logStreamNames=list(names),
        limit=PAGE,
        **request,
    )
    messages = tuple(_plain(event["message"]) for event in answer["events"])
    return Lines(messages, answer.get("nextToken", ""))


def whole(site: Site, job: Job, stream: str, most: int) -> list[str]:
    """Up to `most` messages from the beginning."""
    found: list[str] = []
    token = ""
    while len(found) < most:
        following = {"nextToken": token} if token else {}
        answer = site.logs(
            "GetLogEvents",
            logGroupName=_group(job),
            logStreamName=stream,
            startFromHead=True,
            **following,
        )
        found += [event["message"] for event in answer["events"]]
        if not answer["events"] or answer["nextForwardToken"] == token:
            break
        token = answer["nextForwardToken"]
    return found[:most]


def marked(message: str, pattern: str) -> list[tuple[str, bool]]:
    """A message in pieces; the terms that were searched for are True."""
    terms = [
        re.escape(phrase or word)
        for sign, phrase, word in re.findall(r'([-?]?)(?:"([^"]*)"|(\S+))', pattern)
        if sign != "-"
    ]
    if not terms:
        return [(message, False)]
    pieces = re.split(f"({'|'.join(terms)})", message)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def _group(job: Job) -> str:
    return f"/aws/sagemaker/{job.kind}s"


def _plain(message: str) -> str:
    """Without control characters: colours of a terminal, bells, backspaces."""
    return _PLAIN.sub("", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", message))
