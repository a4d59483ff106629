from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject
from pipelines.rules._texts import document_texts, last

_KINDS = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30}",
}
_ANY_KIND = re.compile("|".join(f"({pattern})" for pattern in _KINDS.values()))
_NAME = re.compile(
    r"(?:password|passwd|secret_?access_?key|api_?key|access_?token|auth_?token)$", re.IGNORECASE
)
# Where a secret lies, instead of the secret: an ARN, a path, a URI, a placeholder.
_PLACE = re.compile(r"arn:|/|[a-z0-9+]+://|[{$<]", re.IGNORECASE)
_SHORTEST = 8
_PARAMETER = re.compile(r"/Parameters/(\d+)/DefaultValue")


class Secret(Rule):
    """A text looks like a password, token or key.

    Everyone who may describe the pipeline, its executions or their jobs can read it, in every version. Store it in
    Secrets Manager, pass the secret's name, and let the job fetch it with its role.

    Wrong:
        {"Environment": {"DB_PASSWORD": "correct horse battery staple"}}

    Right:
        {"Environment": {"DB_PASSWORD_SECRET": "prod/database"}}
    """

    code = "W1021"

    def check(self, subject: Subject) -> Iterator[Match]:
        for where, text in subject.once(document_texts):
            if kind := _kind(_name(where, subject), text):
                yield Match(
                    where,
                    f"this looks like {kind}, and everyone who may describe the pipeline or its jobs can read it. "
                    "Store it in Secrets Manager, pass the secret's name, and let the job fetch it",
                )


def _name(where: str, subject: Subject) -> str:
    """What the text is called: its key, or the parameter whose default it is."""
    if match := _PARAMETER.fullmatch(where):
        return subject.definition.parameters[int(match[1])].name
    return last(where)


def _kind(name: str, text: str) -> str | None:
    if len(text) < _SHORTEST:
        return None
    if (found := _ANY_KIND.search(text)) and found.lastindex:
        return list(_KINDS)[found.lastindex - 1]
    return f"a secret ('{name}')" if _NAME.search(name) and not _PLACE.match(text) else None
