"""List the image patterns a runtime knows, and what serves each."""

from __future__ import annotations

import argparse
import shlex

import runtime.images
from pipelines.definition.discovery import by_key, find
from runtime.commands._shared import add_data_option, fail
from runtime.images._base import Image
from runtime.jobs.catalog import Catalog
from runtime.user_images import FILE_NAME, ImagesFileInvalid

HELP = "list the image patterns that are known, and what serves them"
_HOW_TO = """
Any registry and tag fit. Images of your own are mapped in {path}:
  [[image]]
  pattern = "*/my-training:*"                  # the whole image URI; * is any text
  command = ["python3", "/path/to/train.py"]   # instead of its entry point; or:
  # family = "{family}"                      # served as this family is"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)


def run(options: argparse.Namespace) -> int:
    """Exit code 1 when the user's file cannot be used."""
    path = options.data / FILE_NAME
    try:
        catalog = Catalog.discover(path)
    except ImagesFileInvalid as error:
        return fail(error)
    mapped = [(e.pattern, shlex.join(e.command) or f"family {e.family}") for e in catalog.mapped]
    families = by_key(find(runtime.images, Image), "repositories")
    known = [(f"*/{name}:*", _abilities(family)) for name, family in sorted(families.items())]
    width = max(len(pattern) for pattern, _ in [*mapped, *known])
    for pattern, server in [*mapped, *known]:
        print(f"{pattern:<{width}}  {server}")
    print(_HOW_TO.format(path=path, family="scikit-learn"))
    return 0


def _abilities(image: type[Image]) -> str:
    found = []
    if image.train is not Image.train:
        found.append("its own training")
    if image.runs_scripts:
        found.append("scripts (training, processing)")
    if image.predictor is not Image.predictor:
        found.append("batch transform")
    return f"family {image.name}: {', '.join(found)}"
