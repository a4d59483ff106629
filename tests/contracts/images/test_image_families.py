"""What every image family of the runtime promises."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import runtime.images
from pipelines.definition.algorithms._base import split_image
from pipelines.definition.discovery import by_key, find
from runtime.api import ApiError
from runtime.images._base import AlgorithmFailure, Image
from runtime.jobs.catalog import Catalog
from runtime.jobs.work import image_name, load_image

ROOT = Path(__file__).parents[3]
IMAGES = by_key(find(runtime.images, Image), "name")
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize("name", sorted(IMAGES))
class TestImage:
    def test_it_is_found_by_any_of_its_repositories_in_any_registry(self, name: str) -> None:
        catalog = Catalog.discover()
        assert IMAGES[name].repositories
        for repository in IMAGES[name].repositories:
            for uri in (f"{REGISTRY}/{repository}:1.2-3", f"{REGISTRY}/{repository}"):
                assert split_image(uri)[0] == repository
                assert catalog.find(uri) is IMAGES[name]

    def test_it_can_do_something(self, name: str) -> None:
        image = IMAGES[name]
        assert image.runs_scripts or image.train is not Image.train

    def test_a_job_process_can_load_it_by_name(self, name: str) -> None:
        assert type(load_image(image_name(IMAGES[name]))) is IMAGES[name]

    def test_what_it_preloads_exists(self, name: str) -> None:
        assert all(importlib.util.find_spec(module) for module in IMAGES[name].preload)

    def test_training_without_input_is_refused_and_not_a_bug(
        self, name: str, tmp_path: Path
    ) -> None:
        config = tmp_path / "input/config"
        config.mkdir(parents=True)
        (tmp_path / "model").mkdir()
        for file in ("hyperparameters", "inputdataconfig", "resourceconfig"):
            (config / f"{file}.json").write_text("{}")
        with pytest.raises(AlgorithmFailure, match=r"\w"):
            IMAGES[name]().train(tmp_path)
        assert list((tmp_path / "model").iterdir()) == []

    def test_an_empty_model_is_refused_and_not_a_bug(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(AlgorithmFailure, match=r"\w"):
            IMAGES[name]().predictor(tmp_path, {})

    def test_the_metrics_of_its_algorithm_can_be_searched_for(self, name: str) -> None:
        algorithm = IMAGES[name].algorithm
        for metric in algorithm.metrics if algorithm else ():
            assert re.compile(metric.regex).groups == 1


def test_looking_images_up_loads_no_library_that_only_jobs_need() -> None:
    code = "import sys; from runtime.jobs.catalog import Catalog; Catalog.discover(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"xgboost", "sklearn", "pandas", "optuna"} & set(loaded)


def test_an_unknown_image_is_refused_with_what_there_is() -> None:
    with pytest.raises(ApiError) as caught:
        Catalog.discover().find(f"{REGISTRY}/pytorch-training:2.1")
    assert "pytorch-training:2.1" in caught.value.message
    for image in IMAGES.values():
        assert all(repository in caught.value.message for repository in image.repositories)
