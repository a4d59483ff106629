from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, entries

# Member with a list -> the member that names each entry. Channels and definitions of tuning jobs are E8xxx's.
_NAMED = {
    "ProcessingInputs": "InputName",
    "Outputs": "OutputName",
    "ProductionVariants": "VariantName",
}


class SameName(Rule):
    """Two inputs, outputs or variants of one request have the same name.

    The job is refused when the step starts. A reference by name would not know which of them is meant.

    Wrong:
        {"ProcessingInputs": [{"InputName": "data", ...}, {"InputName": "data", ...}]}

    Right:
        {"ProcessingInputs": [{"InputName": "data", ...}, {"InputName": "code", ...}]}
    """

    code = "E2015"

    def check(self, subject: Subject) -> Iterator[Match]:
        for member in subject.members:
            naming = _NAMED.get(member.name)
            if naming is None or not isinstance(member.value, list):
                continue
            first: dict[str, int] = {}
            for index, entry in entries(member.value):
                name = subject.rendered(entry.get(naming)) if naming in entry else None
                if name and first.setdefault(name, index) != index:
                    yield Match(
                        f"{member.pointer}/{index}/{naming}",
                        f"'{name}' is the name of entry {first[name]} too; names are unique in {member.name}",
                    )
