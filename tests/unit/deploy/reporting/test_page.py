"""The page: complete, self-contained, safe, readable."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipelines.deploy.reporting import page
from pipelines.deploy.reporting.markdown import code, markdown, plain
from pipelines.deploy.reporting.page import TEMPLATES, ReportUnavailable, render
from pipelines.deploy.watching.execution import Status
from pipelines.deploy.watching.findings import Failure, Findings

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>`|\x00\x1b[31m"
_VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects what is in a page; fails where tags do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.ids, self.text = [], [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        found = dict(attributes)
        self.links += [found[name] for name in ("src", "href") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        assert not [name for name in found if name.startswith("on")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_everything_is_on_the_page(content):
    found = Page(render(content))
    assert {
        "result",
        "errors",
        "features",
        "data",
        "tuning-1",
        "training",
        "steps",
        "cost",
        "what",
    } <= set(found.ids)
    assert set(found.links) <= {f"#{each}" for each in found.ids}
    for text in (
        "succeeded after 42.0 s",
        "40.0% lower than the baseline's, with 95 % confidence 20.0% to 50.0%",
        "tuned RMSE 3 is below RmseThreshold 6",
        "town=A",
        "an identifier",
        "0123456789ab",
        "given at the start",
        "3 trials, 1 of them failed",
        "pending manual approval",
    ):
        assert text in found.text, text
    assert "█" not in found.text


def test_the_page_needs_nothing_else(content):
    text = render(content)
    assert not {"script", "link", "img", "iframe", "object"} & set(Page(text).tags)
    assert "url(" not in text
    assert "@import" not in text
    assert not re.findall(r"https?://", text)


def test_foreign_texts_are_text(content):
    failure = Failure(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
    view = content.view
    step = replace(view.steps[0], name=HOSTILE, detail=HOSTILE, failure=HOSTILE)
    hostile = replace(
        content,
        view=replace(view, pipeline=HOSTILE, failure=HOSTILE, steps=(step, *view.steps[1:])),
        findings=replace(content.findings, failures=(failure,)),
        profile=replace(
            content.profile,
            label=HOSTILE,
            features=(HOSTILE, HOSTILE),
            columns=tuple(
                replace(each, name=HOSTILE, kind=HOSTILE, dropped=HOSTILE)
                for each in content.profile.columns
            ),
        ),
        parameters=tuple(replace(each, name=HOSTILE, value=HOSTILE) for each in content.parameters),
        tunings=tuple(
            replace(each, step=HOSTILE, metric=HOSTILE, strategy=HOSTILE)
            for each in content.tunings
        ),
        trainings={HOSTILE: content.trainings["Train"]},
        origin=replace(content.origin, author=HOSTILE, commit=HOSTILE),
        unread=(HOSTILE,),
    )
    text = render(hostile)
    assert not {"script", "img"} & set(Page(text).tags)
    assert not re.search("[\x00-\x08\x0e-\x1f]", text)
    lines = markdown(hostile)
    assert "<script>alert" not in re.sub(r"```.*?```|\\.|`[^`\n]*`", "", lines, flags=re.DOTALL)
    assert "\x1b" not in lines


def test_an_execution_that_found_out_nothing_has_a_page_too(content):
    bare = replace(
        content,
        view=replace(content.view, steps=(), status=Status.EXECUTING, ended=None),
        findings=Findings(None, {}, {}, ()),
        profile=None,
        quality=None,
        trainings={},
        tunings=(),
        costs=None,
        parameters=(),
        origin=replace(content.origin, digest="", commit="", version=None),
    )
    found = Page(render(bare))
    assert "runs since 1 min 00 s" in found.text
    assert "not recorded" in found.text
    assert markdown(bare).startswith("### ⚠️ tiny runs since")


def test_without_an_evaluation_the_training_jobs_own_test_metrics_are_shown(content):
    findings = replace(content.findings, evaluation=None)
    text = Page(render(replace(content, findings=findings, quality=None))).text
    assert "test rows, Train" in text
    assert "test:rmse" in text


def test_what_failed_comes_first(content):
    failure = Failure("Train", "AlgorithmError: no data", "/log", ("one", "two"))
    failed = replace(
        content,
        view=replace(content.view, status=Status.FAILED),
        findings=replace(content.findings, failures=(failure,)),
        unread=("reading s3://b/x: AccessDenied",),
    )
    found = Page(render(failed))
    assert found.ids[0] == "failures"
    assert "one\ntwo" in found.text
    assert "reading s3://b/x: AccessDenied" in found.text
    text = markdown(failed)
    assert "**Train failed:** AlgorithmError: no data" in text
    assert "```text\none\ntwo\n```" in text


def test_without_jinja_the_report_says_what_to_install(content, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ReportUnavailable, match=r"pip install '\.\[report\]'"):
        render(content)


def test_an_uncertain_improvement_is_called_so(content):
    unsure = replace(content, quality=replace(content.quality, interval=(-0.1, 0.3)))
    assert "do not tell which model is better" in render(unsure)
    assert "10.0% higher and 30.0% lower" in markdown(unsure)


def test_markdown_is_short_and_escaped(content):
    text = markdown(content)
    assert "| rmse | 3.00 ± 0.1000 | 5.00 ± 0.2000 |" in text
    assert "| Seed | `7` | given |" in text
    assert len(text.splitlines()) < 60
    assert plain("a|b*c\n<d>") == r"a\|b\*c \<d\>"
    assert code("a`b|c") == r"`a'b\|c`"


# Contrast


def _colours():
    """(scheme, its colours) for light, dark and print."""
    css = (TEMPLATES / "report.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    assert len(blocks) == 3
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)) for block in blocks]


def _luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one, other):
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TONES = ("good", "bad", "busy", "halted", "cached", "idle")
PAIRS = [
    *(("ink", ground) for ground in ("paper", "card", "sunk", *(f"{tone}-soft" for tone in TONES))),
    *(("quiet", ground) for ground in ("paper", "card", *(f"{tone}-soft" for tone in TONES))),
    *((tone, f"{tone}-soft") for tone in TONES),
    ("bad", "card"),
]


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_every_text_can_be_read(text, ground):
    for colours in _colours():
        assert _contrast(colours[text], colours[ground]) >= 4.5, colours[text]


def test_every_mark_of_a_chart_stands_out():
    for colours in _colours():
        for name in (f"c{index}" for index in range(6)):
            assert _contrast(colours[name], colours["card"]) >= 3


def test_styles_name_only_colours_that_exist():
    css = (TEMPLATES / "report.css").read_text()
    known = set().union(*_colours()) | {"sans", "mono", "tint", "soft"}
    assert set(re.findall(r"var\(--([\w-]+)\)", css)) <= known


def test_the_template_is_packaged_beside_its_code():
    assert (page.TEMPLATES / "report.html").is_file()
