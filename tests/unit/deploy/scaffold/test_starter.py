from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.deploy.errors import DeployError, UsageError
from pipelines.deploy.scaffold.starter import LONGEST, check_name, starter
from pipelines.deploy.scaffold.write import write

ENVIRONMENTS = Path(__file__).parents[4] / "params" / "environments"
# None that a team gives a pipeline of its own: the environments are those of the checkout.
NAME = "quite-new"


@pytest.fixture
def root(tmp_path):
    """As much of a checkout as a starter looks at."""
    for folder in ("pipelines/compositions", "params/environments", "tests/unit"):
        (tmp_path / folder).mkdir(parents=True)
    for path in ENVIRONMENTS.glob("*.toml"):
        (tmp_path / "params" / "environments" / path.name).write_bytes(path.read_bytes())
    return tmp_path


def tree(root):
    return {
        path.relative_to(root): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


@pytest.mark.parametrize("name", ["churn", "late-orders", "a", "q2", "x" * LONGEST])
def test_a_good_name(name):
    check_name(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Churn", "; did you mean 'churn'?"),
        ("late_orders", "; did you mean 'late-orders'?"),
        ("Q2 orders!", "; did you mean 'q2-orders'?"),
        ("2nd", "; did you mean 'nd'?"),
        ("../../x", "; did you mean 'x'?"),
        ("a--b", "; did you mean 'a-b'?"),
        ("x" * (LONGEST + 1), f"; did you mean '{'x' * LONGEST}'?"),
        ("", ""),
        ("été", "; did you mean 't'?"),
        ("churn\n", "; did you mean 'churn'?"),
    ],
)
def test_a_bad_name_is_told_what_is_allowed(name, hint):
    with pytest.raises(UsageError) as refused:
        check_name(name)
    message = str(refused.value)
    assert "allowed: a letter, then lower-case letters, digits and single hyphens" in message
    assert message.endswith(hint)


@given(st.text(max_size=40))
def test_every_name_is_good_or_refused(name):
    try:
        check_name(name)
    except UsageError:
        return
    assert f"x_{name.replace('-', '_')}".isidentifier()


def test_words_that_python_keeps_are_refused():
    with pytest.raises(UsageError, match="Python keeps the word"):
        check_name("class")


def test_every_environment_keeps_what_it_says_and_gets_the_table(root):
    before = {path.name: path.read_bytes() for path in (root / "params/environments").iterdir()}
    write(starter(NAME, root))
    for name, content in before.items():
        after = (root / "params/environments" / name).read_bytes()
        assert after.startswith(content)
        old, new = tomllib.loads(content.decode()), tomllib.loads(after.decode())
        added = new["parameters"].pop(NAME)
        assert new == old
        assert added.keys() - {"MaxError"} == new["parameters"]["linear-baseline"].keys() - {
            "MaeThreshold"
        }


@pytest.mark.parametrize("ending", ["", "\n", "\n\n# The end."])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_and_a_missing_last_one_are_respected(root, ending, line_end):
    path = root / "params/environments/dev.toml"
    text = (path.read_text().rstrip("\n") + ending).replace("\n", line_end)
    path.write_bytes(text.encode())
    write(starter(NAME, root))
    after = path.read_bytes().decode()
    assert after.startswith(text)
    assert after.count("\r\n") == (after.count("\n") if line_end == "\r\n" else 0)
    assert NAME in tomllib.loads(after)["parameters"]


@pytest.mark.parametrize(
    "taken", ["pipelines/compositions/quite_new.py", "params/quite_new.py", "tests/unit/compositions/test_quite_new.py"]
)  # fmt: skip
def test_nothing_that_exists_is_overwritten(root, taken):
    path = root / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = tree(root)
    with pytest.raises(UsageError, match=f"'quite-new' is taken.*{taken} exists"):
        starter(NAME, root)
    assert tree(root) == before


def test_a_table_of_that_name_is_taken_too(root):
    with (root / "params/environments/prod.toml").open("a") as stream:
        stream.write("[parameters.quite-new]\n")
    with pytest.raises(UsageError, match=r"prod.toml has a table \[parameters.quite-new\]"):
        starter(NAME, root)


@pytest.mark.parametrize("text", ["parameters = {}\n", "a = 1\n[parameters]\nx = {}\n["])
def test_an_environment_that_cannot_be_added_to_is_named(root, text):
    (root / "params/environments/dev.toml").write_text(text)
    before = tree(root)
    with pytest.raises(DeployError, match=r"dev\.toml: (no table can follow|cannot be read)"):
        starter(NAME, root)
    assert tree(root) == before


def test_a_file_that_appears_while_writing_stays_and_the_rest_is_undone(root):
    planned = starter(NAME, root)
    (root / "tests/unit/compositions").write_text("a file, where the folder should be")
    before = tree(root)
    with pytest.raises(DeployError, match=r"test_quite_new\.py: .*nothing was changed"):
        write(planned)
    assert tree(root) == before


def test_an_environment_that_changes_meanwhile_is_not_lost(root):
    planned = starter(NAME, root)
    with (root / "params/environments/prod.toml").open("a") as stream:
        stream.write("# a colleague's line\n")
    before = tree(root)
    with pytest.raises(DeployError, match=r"prod\.toml has just been changed"):
        write(planned)
    assert tree(root) == before


def test_a_failing_write_at_the_end_undoes_everything(root, monkeypatch):
    planned, replace = starter(NAME, root), Path.replace

    def full(self, target):
        if target.name == "prod.toml":
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    before = tree(root)
    with pytest.raises(DeployError, match=r"prod\.toml: No space left on device; nothing was"):
        write(planned)
    assert tree(root) == before
