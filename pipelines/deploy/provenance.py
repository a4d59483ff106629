"""Who deployed a pipeline last, and what: recorded as tags of the pipeline and in the description of its version.

Tags `pipelines:project`, `pipelines:commit`, `pipelines:definition` (the sha256 of the canonical text) and
`pipelines:source` (the digest that is the same in every environment, `neutral.py`) are written together with a
definition, never alone because the commit is another one. That the deployed definition has another digest than the
tag says means that somebody else has changed it since. A version of a pipeline has no tags; its
description is free text, so the commit and its author stand there.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipelines.definition.document import canonical

PROJECT, COMMIT, DEFINITION = "pipelines:project", "pipelines:commit", "pipelines:definition"
SOURCE = "pipelines:source"
UNKNOWN = "unknown"
ROOT = Path(__file__).parents[2]
# The tag by which the environments of this project always told whose a pipeline is.
_OLDER = "project"
_NOTE = re.compile(r"(?:(?P<what>[^;]*); )?commit (?P<commit>[^;]*); author (?P<author>[^;]*)")
_GIT_SECONDS = 10
_LONGEST_AUTHOR = 200


@dataclass(frozen=True)
class Commit:
    """`sha` has twelve digits, and a + behind them when files differ from the commit."""

    sha: str
    author: str


@dataclass(frozen=True)
class Record:
    """What is to be recorded: this project, and its commit where there is one."""

    project: str
    commit: Commit | None = None

    def tags(self, definition: str, source: str | None = None) -> dict[str, str]:
        """The tags of a pipeline that has this definition; `source` as in Synthesis."""
        return {
            PROJECT: self.project,
            COMMIT: self.commit.sha if self.commit else UNKNOWN,
            DEFINITION: digest(definition),
            # Never left as it was: it would vouch for another definition.
            SOURCE: source or UNKNOWN,
        }

    @property
    def note(self) -> str:
        """The description of a version."""
        return note(self.commit)


class Owner(StrEnum):
    """Whose a deployed pipeline is; UNRECORDED: nothing says so."""

    OURS = "ours"
    OTHERS = "others"
    UNRECORDED = "unrecorded"


def note(commit: Commit | None, what: str = "") -> str:
    """The description of a version that came from a commit; `what` says how, such as `rollback to version 3`."""
    sha, author = (commit.sha, commit.author) if commit else ("unknown", "unknown")
    # The service takes one line, and a semicolon ends a part.
    clean = re.sub(r"[;\s]+", " ", author).strip()[:_LONGEST_AUTHOR] or "unknown"
    return f"{f'{what}; ' if what else ''}commit {sha}; author {clean}"


def read_note(text: str) -> tuple[str, Commit | None]:
    """(how it came about, the commit) of a version's description; other people's texts are returned whole."""
    match = _NOTE.fullmatch(text)
    if not match:
        return text, None
    return match["what"] or "", Commit(match["commit"], match["author"])


def digest(definition: str) -> str:
    """The sha256 of a definition's canonical text; of the text itself when it is not JSON."""
    try:
        text = canonical(json.loads(definition))
    except (ValueError, RecursionError):
        text = definition
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def recorded_project(tags: Mapping[str, str]) -> str | None:
    """The project that deployed it, as far as the tags say."""
    return tags.get(PROJECT, tags.get(_OLDER))


def owner(project: str, tags: Mapping[str, str]) -> Owner:
    """Whose the pipeline with these tags is."""
    recorded = recorded_project(tags)
    if recorded is None:
        return Owner.UNRECORDED
    return Owner.OURS if recorded == project else Owner.OTHERS


def drifted(tags: Mapping[str, str], definition: str) -> bool:
    """Whether the definition is not the one that was recorded with it."""
    return DEFINITION in tags and tags[DEFINITION] != digest(definition)


def read_commit(directory: Path = ROOT) -> Commit | None:
    """The commit that the directory is at; None where there is no git or no repository."""
    head = _git(directory, "log", "-1", "--format=%H%n%an")
    if head is None:
        return None
    sha, _, author = head.partition("\n")
    changed = _git(directory, "status", "--porcelain", "--untracked-files=no")
    return Commit(f"{sha[:12]}{'+' if changed else ''}", author.strip()) if sha else None


def _git(directory: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(directory), *words],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
