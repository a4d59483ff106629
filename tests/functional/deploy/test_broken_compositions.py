"""A mistake in a composition's Python is named with its file and line, without a traceback."""

from __future__ import annotations

import sys

import pytest

from params.environment import load
from pipelines import compositions
from pipelines.deploy import blame
from pipelines.deploy.synth import CompositionFailed, synthesise

COMPOSE = "def compose(env, session):\n"


@pytest.fixture
def composed(tmp_path, monkeypatch):
    """Synthesise a composition with this source."""

    def compose(source):
        (tmp_path / "mine.py").write_text(source, encoding="utf-8")
        return synthesise("mine", load("local"))

    monkeypatch.setattr(compositions, "__path__", [str(tmp_path)])
    monkeypatch.setattr(blame, "ROOT", tmp_path)
    yield compose
    sys.modules.pop("pipelines.compositions.mine", None)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = (\n", r"mine \(mine\.py:1\): SyntaxError: '\(' was never closed"),
        (f"{COMPOSE}    return env.buckett\n", r"mine \(mine\.py:2\): AttributeError: .*'buckett'"),
        (f"{COMPOSE}    return {{}}['NOPE']\n", r"mine \(mine\.py:2\): KeyError: 'NOPE'"),
        (f"{COMPOSE}    int('x')\n", r"mine \(mine\.py:2\): invalid literal for int"),
        (
            f"{COMPOSE}    session.upload_data('/tmp', bucket='b')\n",
            r"mine \(mine\.py:2\): '/tmp' is no file",
        ),
        (f"{COMPOSE}    env.region\n", "compose must return a Pipeline but returned None"),
    ],
)
def test_a_mistake_is_named_with_its_line(composed, source, said):
    with pytest.raises(CompositionFailed, match=said):
        composed(source)


def test_a_module_of_ours_that_is_not_there_is_no_package_to_install(composed, tmp_path):
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "__init__.py").touch()
    with pytest.raises(
        CompositionFailed, match=r"mine \(mine.py:1\): .*No module named 'steps\.tr"
    ):
        composed("from steps.trian import train\n")


def test_a_package_that_is_missing_stays_one(composed):
    with pytest.raises(ModuleNotFoundError, match="sagemker"):
        composed("import sagemker\n")
