"""What an environment is loaded with before its stacks are made. Light: the command needs it at once."""

from __future__ import annotations

from collections.abc import Mapping

from params import recorded
from pipelines.deploy.bootstrap import stacks


def variables(environment: str, process: Mapping[str, str]) -> Mapping[str, str]:
    """The process environment over what was recorded, with stand-ins for what the stacks make."""
    try:
        found = recorded.read(environment)
    except recorded.InvalidRecord:
        found = {}  # it is about to be written anew
    return found | {key: value for key, value in process.items() if value} | stacks.STAND_INS
