"""The pull request that a build was started by, and the one comment on it that is ours."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.deploy.errors import DeployError

_GITHUB = "https://api.github.com"
_PER_PAGE = 100
# GitHub refuses longer comments.
_LONGEST = 65_536
_CUT = "\n\n… cut here; the whole plan is among the build's artifacts."
_SECONDS = 20


@dataclass(frozen=True)
class PullRequest:
    """`api` is the root of GitHub's REST API, `repository` is OWNER/NAME."""

    api: str
    repository: str
    number: int


def from_build(variables: Mapping[str, str]) -> PullRequest | None:
    """The pull request of a CodeBuild or GitHub Actions build; None when it was started by something else."""
    api = variables.get("GITHUB_API_URL") or _GITHUB
    if found := re.fullmatch(r"refs/pull/(\d+)/\w+", variables.get("GITHUB_REF", "")):
        return PullRequest(api, variables.get("GITHUB_REPOSITORY", ""), int(found[1]))
    number = re.fullmatch(r"pr/(\d+)", variables.get("CODEBUILD_WEBHOOK_TRIGGER", ""))
    source = variables.get("CODEBUILD_SOURCE_REPO_URL", "")
    repository = re.fullmatch(r"https://[^/]+/([\w.\-]+/[\w.\-]+?)(\.git)?/?", source)
    if number and repository:
        return PullRequest(api, repository[1], int(number[1]))
    return None


def comment(request: PullRequest, token: str, marker: str, text: str) -> str:
    """Write the comment that starts with `marker`, or replace it where it is already; its URL. Raises DeployError."""
    comments = f"{request.api}/repos/{request.repository}/issues/{request.number}/comments"
    body = _body(marker, text)
    for each in _comments(comments, token):
        if str(each.get("body", "")).startswith(marker):
            return str(_call("PATCH", each["url"], token, {"body": body})["html_url"])
    return str(_call("POST", comments, token, {"body": body})["html_url"])


def _body(marker: str, text: str) -> str:
    whole = f"{marker}\n{text}"
    return whole if len(whole) <= _LONGEST else whole[: _LONGEST - len(_CUT)] + _CUT


def _comments(url: str, token: str) -> Iterator[dict[str, Any]]:
    page = 1
    while found := _call("GET", f"{url}?per_page={_PER_PAGE}&page={page}", token):
        yield from found
        if len(found) < _PER_PAGE:
            return
        page += 1


def _call(method: str, url: str, token: str, body: Mapping[str, Any] | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the API's own URL
        url,
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
        },
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise DeployError(
            f"{method} {url}: {error.code} {error.reason}; the token needs to write pull requests"
        ) from error
    except (OSError, ValueError) as error:
        raise DeployError(f"{method} {url}: {error}") from error
