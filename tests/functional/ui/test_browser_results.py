"""Tuning, models and objects in a real browser: plots under the strict policy, live, for axe, wide and narrow."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.ui import links

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
# What the title of a chart's figures is told by.
_PLOTS = ("history", "importance", "parallel", "slices")


@pytest.fixture(scope="module")
def package(studio: Any) -> str:
    """The ARN of a model package with a report, whose data lies in S3."""
    for key, text in {
        "shown/report.json": json.dumps({"metrics": {"rmse": {"value": 3.5}}}),
        "shown/houses.csv": "id,price\n1,2.5\n2,\n",
    }.items():
        path = Path(studio.runtime.directory) / uuid.uuid4().hex
        path.write_text(text)
        studio.runtime.objects.put("data", key, path)
    report = {"ContentType": "application/json", "S3Uri": "s3://data/shown/report.json"}
    answer = studio.call(
        "CreateModelPackage",
        ModelPackageGroupName="browsed",
        ModelMetrics={"ModelQuality": {"Statistics": report}},
        InferenceSpecification={
            "Containers": [{"Image": "image", "ModelDataUrl": "s3://data/shown/houses.csv"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return str(answer["ModelPackageArn"])


def addresses(studio: Any, tuned: str, package: str) -> list[str]:
    described = studio.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName=tuned)
    best = described["BestTrainingJob"]["TrainingJobName"]
    return [
        links.url("tuning"),
        links.tuning_job(tuned),
        links.training_job(best),
        links.url("models"),
        links.model_group("browsed"),
        links.model_package(package),
        links.url("objects"),
        links.bucket("data", "shown/"),
        links.object_("s3://data/shown/houses.csv"),
        links.object_("s3://data/shown/report.json"),
        links.object_(f"s3://data/models/{best}/output/model.tar.gz"),
    ]


def drawn(page: Any) -> None:
    page.locator("html.plotted").wait_for(state="attached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Callable[..., Any], studio: Any, tuned: str, package: str, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    for path in addresses(studio, tuned, package):
        page = visit(path, width, color_scheme=scheme, bypass_csp=True)
        if page.locator("#plots").count():
            drawn(page)
        results = axe.Axe().run(page, options=_RULES)
        assert results.violations_count == 0, f"{path}\n{results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.close()


def test_plots_are_drawn_under_the_strict_policy(visit: Callable[..., Any], tuned: str) -> None:
    page = visit(links.tuning_job(tuned))
    drawn(page)
    for name in _PLOTS:
        place = page.locator(f'[data-figure="{name}"]')
        assert place.get_attribute("role") == "img", name
        assert place.get_attribute("aria-label")
        assert place.locator(".main-svg").count() > 0
    # The layers lie over each other: without its styles plotly would put them below.
    boxes = [
        each.bounding_box() for each in page.locator('[data-figure="history"] .main-svg').all()
    ]
    assert len({(box["x"], box["y"]) for box in boxes}) == 1
    # A hostile name is text in a plot as well.
    assert "<b>mood</b>" in page.locator('[data-figure="importance"]').text_content()
    assert page.locator(".plot a").count() == 0
    assert not page.locator("#best-so-far").is_visible()


def test_plots_have_the_colours_of_the_scheme(visit: Callable[..., Any], tuned: str) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        page = visit(links.tuning_job(tuned), color_scheme=scheme)
        drawn(page)
        line = page.locator('[data-figure="history"] .js-line').first
        colours.add(line.evaluate("line => getComputedStyle(line).stroke"))
        page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
        colours.add(line.evaluate("line => getComputedStyle(line).stroke"))
    assert len(colours) == 2


def test_within_three_clicks_one_knows_which_trial_won(
    visit: Callable[..., Any], tuned: str
) -> None:
    page = visit("/")
    page.get_by_role("link", name="Tuning", exact=True).click()
    page.get_by_role("link", name=tuned, exact=True).click()
    assert "has the lowest loss" in page.locator("#best").inner_text()


def test_within_three_clicks_one_knows_what_a_model_comes_from(
    visit: Callable[..., Any], package: str
) -> None:
    page = visit("/")
    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("link", name="browsed", exact=True).click()
    page.get_by_role("link", name="version 1").first.click()
    page.get_by_role("heading", name="What it was trained on").wait_for()


def test_a_search_is_followed_live(visit: Callable[..., Any], searching: tuple[str, Path]) -> None:
    name, gate = searching
    page = visit(links.tuning_job(name))
    page.locator("#trials tr", has_text="InProgress").first.wait_for()
    assert not page.locator('[data-figure="history"] .main-svg').count()
    gate.touch()
    page.locator("#summary", has_text="Completed").wait_for()
    drawn(page)
    assert page.locator("#trials tbody tr").count() == 4


def test_a_filter_is_a_form_and_its_address_can_be_kept(
    visit: Callable[..., Any], tuned: str
) -> None:
    page = visit(links.tuning_job(tuned))
    page.get_by_label("loss to").fill("0.4")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("fit the filter").wait_for()
    assert "high=0.4" in page.url
    drawn(page)
    page.get_by_role("link", name="Show all").click()
    assert "high" not in page.url


def test_without_script_the_numbers_are_there(visit: Callable[..., Any], tuned: str) -> None:
    page = visit(links.tuning_job(tuned), java_script_enabled=False)
    assert page.locator("#best-so-far svg").is_visible()
    assert page.locator("#trials tbody tr").count() == 12
    assert page.get_by_text("are drawn by a script").is_visible()


def test_a_model_is_approved_by_its_button(visit: Callable[..., Any], studio: Any) -> None:
    arn = studio.call(
        "CreateModelPackage",
        ModelPackageGroupName="judged",
        InferenceSpecification={
            "Containers": [{"Image": "image"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    page = visit(links.model_package(arn))
    page.get_by_label("Why").fill("good enough")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("It was PendingManualApproval, and is Approved").wait_for()
    assert "good enough" in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Approve").count() == 0
