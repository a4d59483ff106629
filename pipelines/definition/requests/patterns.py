"""The service model's regular expressions, which are Java's, as Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby

# `\d+` of a UTF-16 surrogate pair range stands for everything beyond the basic plane.
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_ASTRAL = r"\U00010000-\U0010ffff"
_CATEGORY = re.compile(r"\\p\{(\w+)\}")
# CustomerMetadataKey ends in `${1,128}`: the length, written into the pattern by mistake.
_LENGTH_AT_END = re.compile(r"\$\{\d+,\d+\}$")


def matcher(pattern: str) -> Callable[[str], object]:
    """A function that is true for texts which match as a whole; compiled when it is first called."""
    return lambda text: _compiled(pattern).fullmatch(text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    python = _LENGTH_AT_END.sub("", pattern).replace(_SURROGATES, _ASTRAL)
    return re.compile(_CATEGORY.sub(lambda match: _category(match[1]), python))


def _category(name: str) -> str:
    """The inside of a character class for a Unicode category (`L`) or Java's `Alnum`."""
    if name == "Alnum":
        return "A-Za-z0-9"
    return _category_ranges()[name]


@cache
def _category_ranges() -> dict[str, str]:
    """Ranges of each one-letter category in the basic plane; characters beyond it count as all of them."""
    ranges: dict[str, list[str]] = {}
    for category, first, last in _runs():
        ranges.setdefault(category, []).append(f"\\u{first:04x}-\\u{last:04x}")
    return {category: "".join(texts) + _ASTRAL for category, texts in ranges.items()}


def _runs() -> Iterator[tuple[str, int, int]]:
    points = range(min(0x10000, sys.maxunicode))
    for category, run in groupby(points, key=lambda point: unicodedata.category(chr(point))[0]):
        members = list(run)
        yield category, members[0], members[-1]
