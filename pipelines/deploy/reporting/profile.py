"""The data profile: what the manifest of a Prepare step says about rows, columns and missing cells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.deploy.reporting.values import amount, amounts, mapping, rising


@dataclass(frozen=True)
class Column:
    """`missing` and `unreadable` count cells, None where nobody has counted; `dropped` says why, "" when it is used."""

    name: str
    kind: str
    features: int
    missing: int | None
    unreadable: int | None
    dropped: str = ""


@dataclass(frozen=True)
class Profile:
    """`parts` are the rows of train, validation and test; `label_deciles` 11 values of the label, or none.

    `features` are the names of the model's inputs, in their order.
    """

    label: str
    rows: int | None
    without_label: int | None
    parts: Mapping[str, int]
    columns: tuple[Column, ...]
    features: tuple[str, ...]
    label_deciles: tuple[float, ...]
    files: tuple[str, ...]

    def feature(self, name: str) -> str:
        """The name of `f3`, the fourth input of a model that knows no names; else the name itself."""
        at = name.removeprefix("f")
        # int() also takes digits that are none of these, and a minus.
        known = at.isascii() and at.isdigit() and len(at) < 7 and int(at) < len(self.features)
        return self.features[int(at)] if known and at != name else name


def read_profile(manifest: Any) -> Profile | None:
    """Read features.json as steps/scripts/prepare.py writes it; None for anything else."""
    document = mapping(manifest)
    rows = amounts(document.get("rows"))
    if not rows or not isinstance(document.get("columns"), Mapping):
        return None
    return Profile(
        label=str(document.get("label", "")),
        rows=rows.get("read"),
        without_label=rows.get("without_label"),
        parts={name: rows[name] for name in ("train", "validation", "test") if name in rows},
        columns=tuple(_columns(document)),
        features=_texts(document.get("features")),
        label_deciles=rising(document.get("label_deciles"), 11),
        files=_texts(document.get("files")),
    )


def _columns(document: Mapping[str, Any]) -> Iterator[Column]:
    missing = amounts(document.get("missing"))
    for name, facts in mapping(document.get("columns")).items():
        read = mapping(facts)
        yield Column(
            name=name,
            kind=str(read.get("kind", "")),
            features=len(_texts(read.get("features"))),
            missing=missing.get(name),
            unreadable=amount(read.get("unreadable")),
        )
    for name, reason in mapping(document.get("dropped")).items():
        yield Column(name, "", 0, missing.get(name), None, str(reason))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
