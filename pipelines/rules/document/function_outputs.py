from __future__ import annotations

from collections.abc import Iterator

from pipelines.rules._base import Match, Rule
from pipelines.rules._subject import Subject, entries

_MOST = 50


class FunctionOutputs(Rule):
    """A Lambda or Callback step declares one output twice, or more than 50 of them.

    Outputs are addressed by name, so of two with one name only one can be meant.

    Wrong:
        {"OutputParameters": [{"OutputName": "uri", "OutputType": "String"}, {"OutputName": "uri", "OutputType": "String"}]}

    Right:
        {"OutputParameters": [{"OutputName": "uri", "OutputType": "String"}, {"OutputName": "rows", "OutputType": "Integer"}]}
    """

    code = "E1024"

    def check(self, subject: Subject) -> Iterator[Match]:
        for step in subject.all_steps:
            if step.type not in ("Lambda", "Callback"):
                continue
            where = f"{step.pointer}/OutputParameters"
            outputs = entries((step.extras or {}).get("OutputParameters"))
            if len(outputs) > _MOST:
                yield Match(
                    where, f"{len(outputs)} outputs are declared; a step has at most {_MOST}"
                )
            seen: set[str] = set()
            for index, output in outputs:
                name = output.get("OutputName")
                if isinstance(name, str) and name in seen:
                    yield Match(
                        f"{where}/{index}", f"output '{name}' is declared twice; rename one"
                    )
                seen.add(str(name))
