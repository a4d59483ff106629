"""The same commands where nobody serves: each opens the state directory for itself."""

from __future__ import annotations

import pytest

from pipelines import logs, open, retry, run, status  # noqa: A004
from runtime.embedded import open_embedded


@pytest.fixture
def failed(left_behind, tmp_path, wait_for):
    """The ARN of an execution that failed in a process that has left; it succeeds once `flag` exists."""
    flag = tmp_path / "flag"
    code = "import pathlib, sys; print('looking'); sys.exit(not pathlib.Path(sys.argv[1]).exists())"

    def work(account):
        first = account.script("First", "print('first')")
        account.deploy(
            "flaky", first, account.script("Look", code, str(flag), depends_on=["First"])
        )
        arn = account.start("flaky")
        account.ended(arn, wait_for)
        return arn

    return left_behind(work), flag


def test_what_another_process_ran_can_be_looked_at(failed, capsys):
    arn, _ = failed
    assert status.main(["flaky"]) == 0
    assert logs.main([arn, "--follow"]) == 0
    out = capsys.readouterr().out
    assert "Look   Failed" in out
    assert "First | first\nLook  | looking" in out


def test_retry_stays_until_it_has_ended(failed):
    arn, flag = failed
    flag.touch()
    assert retry.main([arn]) == 0
    assert status.main([arn, "--exit-status"]) == 0


def test_one_step_runs_again_from_what_another_process_left(failed):
    _, flag = failed
    flag.touch()
    assert run.main(["flaky", "--only", "Look"]) == 0


def test_open_says_that_a_runtime_must_serve(failed, capsys):
    assert open.main([failed[0]]) == 1
    assert "start `python -m runtime studio` in another terminal" in capsys.readouterr().err


def test_a_directory_in_use_says_how_commands_work_side_by_side(
    failed, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        "runtime.embedded.open_embedded.__kwdefaults__", {"settings": None, "wait": 0.0}
    )
    with open_embedded(tmp_path / "state"):
        assert status.main([]) == 1
    error = capsys.readouterr().err
    assert "is in use by process" in error
    assert "start `python -m runtime` first" in error
