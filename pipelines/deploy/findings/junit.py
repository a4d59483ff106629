"""Findings as JUnit XML: a suite for each definition, a case for each rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipelines.deploy.findings.checked import Checked
from pipelines.rules._base import CRASHED, UNREADABLE, Finding, Rule

# What XML 1.0 cannot hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[Checked]) -> str:
    """Errors fail their rule's case; warnings and notes are in the case's output."""
    from pipelines.rules._engine import all_rules  # not at the top: only this report lists them

    rules = all_rules()
    root = Element("testsuites", name="pipelines.validate")
    for result in results:
        _suite(root, result, rules)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True)


def _suite(root: Element, result: Checked, rules: Sequence[Rule]) -> None:
    titles = _titles(rules, result.findings)
    failed = {each.code for each in result.errors}
    suite = SubElement(
        root,
        "testsuite",
        name=_text(result.source.name),
        tests=str(len(titles)),
        failures=str(len(failed)),
    )
    for code, title in titles.items():
        found = [each for each in result.findings if each.code == code]
        case = SubElement(suite, "testcase", classname=_text(result.source.name), name=title)
        if code in failed:
            failure = SubElement(case, "failure", message=_text(found[0].message), type=code)
            failure.text = _lines(found)
        elif found:
            SubElement(case, "system-out").text = _lines(found)


def _titles(rules: Sequence[Rule], found: Sequence[Finding]) -> dict[str, str]:
    titles = {rule.code: f"{rule.code} {rule.title}" for rule in rules}
    own = {CRASHED: "A rule failed", UNREADABLE: "The definition cannot be read"}
    return titles | {code: f"{code} {own[code]}" for code in own if code in {f.code for f in found}}


def _lines(found: Sequence[Finding]) -> str:
    return _text("\n".join(f"{each.pointer or '/'}: {each.message}" for each in found))


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
