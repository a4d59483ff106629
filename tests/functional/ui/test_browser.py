"""A real browser: no error in its console, live, by keyboard, in light and dark, wide and narrow, and for axe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.ui import links

# Rules of WCAG 2.1 A and AA, contrast of 4.5 among them.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_axe_finds_nothing(
    visit: Callable[..., Any], failed: str, page_of: Callable[..., str], scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    for path in (
        links.url(),
        links.pipeline("nightly"),
        page_of(failed),
        links.start("nightly"),
        links.log(failed, "Load", find="KeyError"),
        links.version("nightly", 1),
        links.compare("nightly", 1, 1),
    ):
        # axe runs its own script in the page: the policy is what the other tests hold.
        page = visit(path, width, color_scheme=scheme, bypass_csp=True)
        results = axe.Axe().run(page, options=_RULES)
        assert results.violations_count == 0, f"{path}\n{results.generate_report()}"
        assert "color-contrast" in {rule["id"] for rule in results.response["passes"]}


def test_a_narrow_window_does_not_scroll_sideways(
    visit: Callable[..., Any], failed: str, page_of: Callable[..., str]
) -> None:
    for path in (links.url(), links.pipeline("nightly"), page_of(failed), links.start("nightly")):
        page = visit(path, 400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path


def test_within_three_clicks_one_knows_why_it_failed(
    visit: Callable[..., Any], failed: str
) -> None:
    page = visit("/")
    page.locator("#recent a", has_text="execution-").first.click()
    page.get_by_text("Why it failed").wait_for()
    assert "no column price" in page.locator("#step-panel").inner_text()


def test_a_step_is_chosen_without_a_reload_and_by_keyboard(
    visit: Callable[..., Any], failed: str, page_of: Callable[..., str]
) -> None:
    page = visit(page_of(failed))
    page.evaluate("window.stayed = true")
    page.locator('.node[data-name="Load"]').focus()
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.name") == "First"
    page.keyboard.press("Enter")
    page.locator("#step-title", has_text="First").wait_for()
    assert page.evaluate("window.stayed")
    assert page.url.endswith("step=First")
    assert page.evaluate("document.activeElement.id") == "step"
    page.go_back()
    page.locator("#step-title", has_text="Load").wait_for()


def test_a_page_lives(
    visit: Callable[..., Any], running: tuple[str, Path], page_of: Callable[..., str]
) -> None:
    arn, gate = running
    page = visit(page_of(arn, "Crawl"))
    page.locator("#step-panel pre", has_text="begun").wait_for()
    assert page.locator("#status").inner_text().split()[-1] == "Executing"
    assert "s" in page.locator("#summary time[data-since]").inner_text()
    page.locator("#request summary").click()
    gate.touch()
    page.locator("#status", has_text="Succeeded").wait_for()
    page.locator("#step-panel pre", has_text="released").wait_for()
    # What the reader had opened stays open.
    assert page.locator("#request").get_attribute("open") is not None


def test_an_execution_is_started_and_stopped_by_its_buttons(
    visit: Callable[..., Any], running: tuple[str, Path], page_of: Callable[..., str]
) -> None:
    arn, _ = running
    page = visit(page_of(arn))
    page.get_by_role("button", name="Stop").click()
    page.locator("#status", has_text="Stopped").wait_for()
    page.get_by_role("link", name="Start again").click()
    page.get_by_role("button", name="Start").click()
    page.locator("#status", has_text="Executing").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.locator("#status", has_text="Stopped").wait_for()


def test_without_script_the_same_is_there(
    visit: Callable[..., Any], failed: str, page_of: Callable[..., str]
) -> None:
    page = visit(page_of(failed), java_script_enabled=False)
    page.locator('#steps a:text-is("First")').click()
    assert page.locator("#step-title").inner_text() == "First"
    assert page.locator("svg .node").count() == 3


def test_large_graphs_can_be_searched(
    visit: Callable[..., Any], studio: Any, page_of: Callable[..., str]
) -> None:
    studio.create(
        "large",
        studio.model("Step0"),
        *(studio.model(f"Step{n}", f"Step{(n - 1) // 3}") for n in range(1, 120)),
    )
    page = visit(page_of(studio.run("large"), "Step0"))
    page.get_by_role("searchbox", name="Find a step").fill("step77")
    assert page.locator(".node:not(.dim)").count() == 1
    page.keyboard.press("Enter")
    page.locator("#step-title", has_text="Step77").wait_for()
    page.get_by_role("button", name="Show the whole graph").click()
    box = page.locator("#graph").bounding_box()
    picture = page.locator("#graph svg").bounding_box()
    assert picture["width"] <= box["width"]
    assert picture["height"] <= box["height"]
