from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject

_MOST = 100
_DEFAULT = 6


class TransformPayload(Rule):
    """A transform job's MaxPayloadInMB, or what all its concurrent requests may hold together, is more than 100 MB.

    `MaxConcurrentTransforms` times `MaxPayloadInMB` counts (6 MB when it is not given); the job is refused.

    Wrong:
        {"MaxConcurrentTransforms": 8, "MaxPayloadInMB": 20, ...}

    Right:
        {"MaxConcurrentTransforms": 5, "MaxPayloadInMB": 20, ...}
    """

    code = "E2029"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type != "Transform":
                continue
            payload = subject.value(step.arguments.get("MaxPayloadInMB", _DEFAULT))
            number = subject.value(step.arguments.get("MaxConcurrentTransforms", 1))
            where = f"{step.pointer}/Arguments"
            if not isinstance(payload, int):
                continue
            if payload > _MOST:
                yield Match(f"{where}/MaxPayloadInMB", f"{payload} MB are more than {_MOST}")
            elif isinstance(number, int) and number * payload > _MOST:
                yield Match(
                    f"{where}/MaxConcurrentTransforms",
                    f"{number} requests of {payload} MB are {number * payload} MB, more than {_MOST}; lower one of them",
                )
