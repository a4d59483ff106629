"""The page in a real browser: no request, nothing in its console, light and dark, wide and narrow, and for axe."""

from __future__ import annotations

import shutil

import pytest

from pipelines.deploy.reporting.page import render

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60_000  # milliseconds


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(_BROWSERS)} is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_in_a_browser(browser, content, tmp_path, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    path = tmp_path / "report.html"
    path.write_text(render(content), encoding="utf-8")
    # Axe is a script: only for it the page's own policy is put aside.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(_SECONDS)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()
