"""Says the service's refusals so that people can read them."""

from __future__ import annotations

import difflib
import re

_ENUM = re.compile(r"(?P<head>.*)enum value set: \[(?P<values>[^\]]*)\](?P<tail>.*)", re.DOTALL)
_VALUE = re.compile(r"Value '(?P<value>[^']*)'")
# A list of more values than that is not read by anyone: the types of instances are over two hundred.
_SHOWN = 10
_NEAR = 3


def shortened(message: str) -> str:
    """The message with the near ones of a long list of allowed values, and the value that was probably meant."""
    match = _ENUM.fullmatch(message)
    value = _VALUE.search(message)
    if match is None or value is None:
        return message
    allowed = match["values"].split(", ")
    near = _nearest(value["value"], allowed)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    if len(allowed) > _SHOWN:
        shown = near or allowed[:_NEAR]
        listed = f"[{', '.join(shown)}, and {len(allowed) - len(shown)} more]"
    else:
        listed = f"[{match['values']}]"
    return f"{match['head']}enum value set: {listed}{match['tail']}{hint}"


def _nearest(value: str, allowed: list[str]) -> list[str]:
    same = [each for each in allowed if each.lower() in (value.lower(), f"ml.{value.lower()}")]
    return same or difflib.get_close_matches(value, allowed, n=_NEAR, cutoff=0.7)
