"""Settings of one environment's jobs: the table [jobs] of its TOML, which flows into the request of every step.

"", [], 0 and false mean without, and then nothing is written into a request at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from params.table import table_problems

# setting -> (pattern of an entry, most entries, what is allowed, in words); limits are those of VpcConfig
_LISTS = {
    "subnets": (re.compile(r"subnet-[0-9a-f]{8,17}"), 16, "subnets such as subnet-0a1b2c3d"),
    "security_group_ids": (
        re.compile(r"sg-[0-9a-f]{8,17}"),
        5,
        "security groups such as sg-0a1b2c3d",
    ),
}
_SWITCHES = ("network_isolation", "encrypt_traffic", "spot", "tag")
# The API's own pattern for a key is wider; this names what KMS accepts.
_KEY = re.compile(
    r"arn:aws[a-z\-]*:kms:[a-z0-9\-]+:\d{12}:(key|alias)/[a-zA-Z0-9/_\-]+|alias/[a-zA-Z0-9/_\-]+"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}",
    re.ASCII,
)
# 28 days, the longest a training job may run.
_LONGEST_WAIT = 28 * 86_400


@dataclass(frozen=True)
class Jobs:
    """`kms_key` encrypts what jobs write and their volumes; `tag` puts the environment's tags on jobs and models too.

    `max_wait` are the seconds that a training job on spot instances may take in all: waiting and running.
    """

    subnets: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    kms_key: str = ""
    network_isolation: bool = False
    encrypt_traffic: bool = False
    spot: bool = False
    max_wait: int = 0
    tag: bool = False


def read(table: Mapping[str, Any]) -> Jobs:
    """The settings of a table without problems."""
    settings: dict[str, Any] = {
        key: tuple(value) if key in _LISTS else value for key, value in table.items()
    }
    return Jobs(**settings)


def problems(table: object) -> Iterator[str]:
    """What is wrong with the table [jobs], each naming its key."""
    if not isinstance(table, dict):
        return  # the reader of the file has said so
    yield from table_problems("jobs", table, Jobs, _problem)
    yield from _disagreements(table)


def _problem(key: str, value: object) -> str | None:
    if key in _LISTS:
        return _list_problem(key, value)
    if key in _SWITCHES:
        return None if isinstance(value, bool) else f"must be true or false but got {value!r}"
    if key == "max_wait":
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and 0 <= value <= _LONGEST_WAIT:  # type: ignore[operator]
            return None
        return f"must be seconds from 0 to {_LONGEST_WAIT} but got {value!r}"
    if value == "" or (isinstance(value, str) and _KEY.fullmatch(value)):
        return None
    return f'must be the ARN, the id or the alias of a KMS key, or "", but got {value!r}'


def _list_problem(key: str, value: object) -> str | None:
    pattern, most, allowed = _LISTS[key]
    if (
        isinstance(value, list)
        and len(value) <= most
        and all(isinstance(each, str) and pattern.fullmatch(each) for each in value)
    ):
        return None
    return f"must be a list of up to {most} {allowed} but got {value!r}"


def _disagreements(table: Mapping[str, Any]) -> Iterator[str]:
    """Settings that only mean something together."""
    if bool(table.get("subnets")) != bool(table.get("security_group_ids")):
        yield "'jobs.subnets' and 'jobs.security_group_ids' make a VPC together; give both or none"
    if table.get("spot") is True and table.get("max_wait") == 0:
        yield "'jobs.max_wait' must be set with 'jobs.spot': the seconds to wait and run in all"
    if table.get("spot") is False and table.get("max_wait"):
        yield "'jobs.max_wait' is for spot instances only; set 'jobs.spot' or give 0"
