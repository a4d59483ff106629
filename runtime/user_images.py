"""Images a user maps to something on this machine: `images.toml` in the state directory, or the settings' file.

    [[image]]
    pattern = "*/my-training:*"                  # the whole image URI; * is any text, ? one character
    command = ["python3", "/home/me/train.py"]   # what the image's own entry point does

    [[image]]
    pattern = "*/pytorch-*"
    family = "scikit-learn"                      # served as this family is

The first pattern that fits counts, before the built-in families. The file is read when the runtime starts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FILE_NAME = "images.toml"
_KEYS = ("pattern", "command", "family")


class ImagesFileInvalid(Exception):
    """The file of a user's images cannot be used; the message has everything found."""


@dataclass(frozen=True)
class UserImage:
    """Either `command` or `family` says what serves the images whose URI fits `pattern`."""

    pattern: str
    command: tuple[str, ...] = ()
    family: str = ""

    def fits(self, uri: str) -> bool:
        return fnmatchcase(uri, self.pattern)


def read_user_images(
    path: Path, families: Collection[str], *, required: bool
) -> tuple[UserImage, ...]:
    """The entries in their order; none when a file that is not `required` is missing. Raises ImagesFileInvalid."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if required:
            raise ImagesFileInvalid(f"{path}: there is no such file") from error
        return ()
    except (OSError, ValueError) as error:
        raise ImagesFileInvalid(f"{path}: {error}") from error
    problems = list(_problems(document, families))
    if problems:
        raise ImagesFileInvalid(f"{path}: {'; '.join(problems)}")
    return tuple(
        UserImage(entry["pattern"], tuple(entry.get("command", ())), entry.get("family", ""))
        for entry in document.get("image", [])
    )


def _problems(document: Mapping[str, Any], families: Collection[str]) -> Iterator[str]:
    for key in document:
        if key != "image":
            yield f"'{key}' is not known; allowed: [[image]] tables"
    entries = document.get("image", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield "'image' must be a list of tables; write [[image]]"
        return
    for number, entry in enumerate(entries, 1):
        yield from (f"image {number}: {text}" for text in _entry_problems(entry, families))


def _entry_problems(entry: Mapping[str, Any], families: Collection[str]) -> Iterator[str]:
    for key in entry:
        if key not in _KEYS:
            yield f"'{key}' is not known; allowed: {', '.join(_KEYS)}"
    pattern = entry.get("pattern")
    if not isinstance(pattern, str) or not pattern:
        yield f"'pattern' must be a text but got {pattern!r}"
    if ("command" in entry) == ("family" in entry):
        yield "give 'command' or 'family', one of them"
    command = entry.get("command", ["-"])
    if not isinstance(command, list) or not command or not all(_is_word(word) for word in command):
        yield f"'command' must be a list of texts but got {command!r}"
    family = entry.get("family")
    if family is not None and family not in families:
        yield f"'family' is {family!r}; allowed: {', '.join(sorted(families))}"


def _is_word(word: object) -> bool:
    return isinstance(word, str) and bool(word) and "\0" not in word
