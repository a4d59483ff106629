"""Run the rules over a source, and set aside what the environment has disabled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.definition.check import near
from pipelines.deploy.errors import DeployError
from pipelines.deploy.findings.positions import lines
from pipelines.deploy.findings.remembered import validated
from pipelines.deploy.models import Place
from pipelines.deploy.sources import Source
from pipelines.deploy.text import count
from pipelines.rules._base import UNREADABLE, Finding, Severity

# The exit code's bits, as cfn-lint has them.
BITS = {Severity.ERROR: 2, Severity.WARNING: 4, Severity.INFO: 8}


@dataclass(frozen=True)
class Checked:
    """A source with its findings; `disabled` are those of rules that the environment has switched off."""

    source: Source
    findings: tuple[Finding, ...]
    disabled: tuple[Finding, ...] = ()

    def place(self, finding: Finding) -> Place | None:
        """The line of the source that made the finding's step, or the line of the file that holds it."""
        if made := self.source.places.get(finding.step or ""):
            return made
        if self.source.file is None:
            return None
        return Place(self.source.file, self._lines.get(finding.pointer, 1))

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        found = (*self.findings, *self.disabled)
        if any(each.code == UNREADABLE for each in found):
            return {}
        return lines(self.source.text, {each.pointer for each in found})

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity is severity)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self.of(Severity.ERROR)

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning`, `valid` when there is nothing to say."""
        counts = Counter(each.severity for each in self.findings)
        said = [count(counts[kind], _WORDS[kind]) for kind in Severity if counts[kind]]
        return ", ".join(said) or "valid"


_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def checked(
    sources: Iterable[Source],
    *,
    region: str | None,
    disabled: Mapping[str, str],
    cache: bool = True,
) -> tuple[Checked, ...]:
    """Check each source. Raises DeployError when `disabled` (code -> reason) names a rule that there is not."""
    if disabled:
        _check_codes(disabled)
    found = [(each, validated(each.text, each.name, region, use=cache)) for each in sources]
    return tuple(_parted(source, findings, disabled) for source, findings in found)


def _check_codes(codes: Iterable[str]) -> None:
    from pipelines.rules._engine import all_rules

    known = {rule.code for rule in all_rules()}
    for code in codes:
        if code not in known:
            raise DeployError(f"disabled_rules: there is no rule '{code}'{near(code, known)}")


def _parted(source: Source, found: Sequence[Finding], disabled: Mapping[str, str]) -> Checked:
    return Checked(
        source,
        tuple(each for each in found if each.code not in disabled),
        tuple(each for each in found if each.code in disabled),
    )


def exit_code(results: Sequence[Checked], lowest: Severity) -> int:
    """The bits of every severity from `lowest` up that was found."""
    counted = list(Severity)[: list(Severity).index(lowest) + 1]
    found = {each.severity for result in results for each in result.findings}
    return sum(BITS[severity] for severity in counted if severity in found)
