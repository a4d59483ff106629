from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_ALIAS = r"alias/[A-Za-z0-9/_-]+"
_KEY = re.compile(
    rf"{_ID}|{_ALIAS}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{{12}}:(?:key/{_ID}|{_ALIAS})", re.IGNORECASE
)


class KmsKey(Rule):
    """A KMS key is neither a key's id, an alias, nor the ARN of one of them.

    The API's pattern takes nearly any text; the job fails when the key is used first.

    Wrong:
        {"KmsKeyId": "my-key"}

    Right:
        {"KmsKeyId": "alias/my-key"}
    """

    code = "E2032"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            if member.shape == "KmsKeyId" and member.value is not None:
                key = subject.rendered(member.value)
                # An empty text is what an unset key looks like: it is not told here that it would be refused.
                if key and "{" not in key and not _KEY.fullmatch(key):
                    yield Match(
                        member.pointer,
                        f"'{key}' is no KMS key; give its id (1234abcd-12ab-34cd-56ef-1234567890ab), alias/NAME, or "
                        "the ARN of either",
                    )
