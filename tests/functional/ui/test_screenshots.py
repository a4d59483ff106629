"""The README's pictures: the shipped pipeline in the studio, light and dark. `make screenshots` writes them to docs/."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.serving import serve
from runtime.ui import links

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A runtime with one execution of house-price."""
    state = tmp_path_factory.mktemp("pictures") / "state"
    command = [sys.executable, "-m", "pipelines.upsert", "house-price", "--start", "--wait"]
    choices = ["--rows", "3000", "--param", "MaxTuningJobs=12"]
    subprocess.run(
        [*command, *choices],
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_LOCAL_STATE": str(state)},
        capture_output=True,
        check=True,
        timeout=240,
    )
    with serve(state, host="127.0.0.1", port=0) as server:
        yield server


def test_the_shipped_pipeline_is_a_picture(browser: Any, served: Any, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    api = served.runtime.api
    [execution] = api.call("ListPipelineExecutions", {"PipelineName": "house-price"})[
        "PipelineExecutionSummaries"
    ]
    [tuning] = api.call("ListHyperParameterTuningJobs", {})["HyperParameterTuningJobSummaries"]
    pages = {
        "studio-execution": links.execution(execution["PipelineExecutionArn"], "Evaluate"),
        "studio-tuning": links.tuning_job(tuning["HyperParameterTuningJobName"]),
    }
    for scheme in ("light", "dark"):
        context = browser.new_context(
            viewport={"width": 1280, "height": 1000}, color_scheme=scheme, device_scale_factor=1
        )
        page = context.new_page()
        for name, path in pages.items():
            assert page.goto(served.url + path).ok
            page.wait_for_load_state("networkidle")
            if name == "studio-tuning":  # importing Optuna for the first plots takes seconds
                page.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
            picture = folder / (f"{name}.png" if scheme == "light" else f"{name}-dark.png")
            page.screenshot(path=picture)
            assert picture.stat().st_size > 20_000
        context.close()
