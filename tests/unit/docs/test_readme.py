"""What the README says of the code is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from params.environment import load
from pipelines.deploy.offline import offline

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_opens_with_the_two_commands() -> None:
    commands = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert commands[:2] == ["run", "test"]


def test_the_parameters_are_those_of_the_pipeline() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+?) \| (.+) \|$", README, re.MULTILINE)
    with offline("us-east-1"):
        from params.declaration import camel_case, descriptions_of
        from params.house_price import HousePriceParameters

        words = descriptions_of(HousePriceParameters)
        types = {
            camel_case(name): kind.__name__.removeprefix("Parameter")
            for name, kind in get_type_hints(HousePriceParameters).items()
        }
    defaults = load("local").parameters["house-price"]
    assert {name: kind for name, kind, _, _ in rows} == types
    for name, _, default, text in rows:
        assert text.startswith(words[name])
        assert default in (f"`{defaults[name]}`", "the synthetic data set")


@pytest.mark.parametrize(
    "document",
    ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "runtime/README.md", "examples/README.md"],
)
def test_every_file_it_names_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:pipelines|steps|params|runtime|examples|tests|requirements)/[\w./-]*)`", text
    )
    named += re.findall(r"\]\(([\w./-]+)\)", text)
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / document).parent.joinpath(name).exists()]  # fmt: skip
    assert missing == []


def test_every_command_it_names_exists() -> None:
    for module in set(re.findall(r"python -m ([\w.]+)", README)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()
