"""status, logs, stop, retry, open, compare and run --only against a runtime that serves."""

from __future__ import annotations

import json
import re
import urllib.request
import webbrowser

import pytest

from pipelines import compare, logs, open, retry, run, status, stop  # noqa: A004

PARAMETERS = [
    {"Name": "Word", "Type": "String", "DefaultValue": "good"},
    {"Name": "Size", "Type": "Integer", "DefaultValue": 5},
]
CHECK = "import sys; print('word is', sys.argv[1]); sys.exit(3 if sys.argv[1] == 'bad' else 0)"
WORD = {"Get": "Parameters.Word"}
FOREVER = "import threading; print('waiting', flush=True); threading.Event().wait()"


@pytest.fixture
def tiny(account):
    """Prepare, Work, Check, one after the other; Check fails when Word is bad. Beside it Aside, alone."""
    return account.deploy(
        "tiny",
        account.script("Prepare", "print('rows: train 80, test 20')"),
        account.script("Work", "print('one'); print('two')", depends_on=["Prepare"]),
        account.script("Check", CHECK, WORD, depends_on=["Work"]),
        account.script("Aside", "print('aside')"),
        parameters=PARAMETERS,
    )


@pytest.fixture
def ran(account, tiny, wait_for):
    """Run it with these parameters to its end; the ARN."""

    def work(**parameters):
        arn = account.start(tiny, **parameters)
        account.ended(arn, wait_for)
        return arn

    return work


@pytest.fixture
def endless(account, wait_for):
    """An execution whose only step runs until it is stopped."""
    account.deploy("endless", account.script("Wait", FOREVER))
    arn = account.start("endless")
    wait_for(lambda: "ProcessingJob" in account.steps(arn).get("Wait", {}).get("Metadata", {}))
    yield arn
    if account.status(arn) == "Executing":
        account.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    account.ended(arn, wait_for)


def identifier(arn):
    return arn.rpartition("/")[2]


# status


def test_status_lists_pipelines_and_what_runs(endless, ran, account, capsys):
    done = ran()
    account.deploy("never", account.script("Only", "pass"))
    assert status.main([]) == 0
    out = capsys.readouterr().out
    rows = {line.split()[1]: line.split() for line in out.splitlines() if len(line.split()) > 3}
    assert rows["tiny"][2:4] == ["Succeeded", identifier(done)]
    assert rows["endless"][2:4] == ["Executing", identifier(endless)]
    assert rows["endless"][-1] == "Wait"
    assert rows["never"][2:] == ["never", "run"]


def test_status_of_a_name_is_that_of_its_newest_execution(ran, capsys):
    first, second = ran(), ran(Word="bad", Size="7")
    assert status.main(["tiny"]) == 0
    out = capsys.readouterr().out
    assert second in out
    assert "Check    Failed" in out
    assert "word is bad" in out
    assert "Parameters  Size=7  Word=bad" in out
    assert identifier(first) in out.partition("Other executions")[2]


def test_an_execution_is_named_by_its_id_or_arn_too(ran, capsys):
    first = ran()
    ran()
    documents = []
    for name in (first, identifier(first)):
        assert status.main([name, "--json"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert [each["execution"]["arn"] for each in documents] == [first, first]
    assert [step["name"] for step in documents[0]["steps"]] == ["Aside", "Prepare", "Work", "Check"]
    assert documents[0]["parameters"] == {}


def test_status_is_0_unless_the_exit_status_is_asked_for(ran):
    good, bad = ran(), ran(Word="bad")
    assert status.main([bad]) == 0
    assert status.main([bad, "--exit-status"]) == 1
    assert status.main([good, "--exit-status"]) == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tinny", "no pipeline 'tinny' is deployed in environment 'local'; did you mean 'tiny'?"),
        ("abcdefghijkl", "no execution and no pipeline 'abcdefghijkl'"),
        ("arn:aws:sagemaker:x", "'arn:aws:sagemaker:x' is no execution; give an ARN like"),
    ],
)
def test_a_name_that_nothing_has_is_a_usage_error(tiny, name, message, capsys):
    assert status.main([name]) == 2
    assert message in capsys.readouterr().err


def test_a_pipeline_that_never_ran_says_how_to_run_it(account, capsys):
    account.deploy("never", account.script("Only", "pass"))
    assert logs.main(["never"]) == 1
    assert "start it with: python -m pipelines.run never" in capsys.readouterr().err


# logs


def test_all_logs_stand_behind_their_steps_in_the_order_of_time(ran, capsys):
    assert logs.main([ran()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Aside   | aside" in lines
    lines.remove("Aside   | aside")  # nothing says when it runs
    assert lines == [
        "Prepare | rows: train 80, test 20",
        "Work    | one",
        "Work    | two",
        "Check   | word is good",
    ]


def test_the_log_of_one_step_is_as_it_was_written(ran, capsys):
    assert logs.main([ran(), "Work"]) == 0
    assert capsys.readouterr().out == "one\ntwo\n"


def test_json_logs_are_an_object_a_line(ran, capsys):
    arn = ran()
    assert logs.main([arn, "Work", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["step"], each["message"]) for each in found] == [("Work", "one"), ("Work", "two")]
    assert found[0]["job"].startswith(f"pipelines-{identifier(arn)}-Work-")


def test_a_log_cannot_move_the_cursor(account, wait_for, capsys):
    account.deploy("hostile", account.script("Paint", r"print('a\x1b[2Jb\x07c')"))
    account.ended(account.start("hostile"), wait_for)
    assert logs.main(["hostile"]) == 0
    assert capsys.readouterr().out == "Paint | a[2Jbc\n"


def test_following_reads_until_the_execution_has_ended(account, wait_for, tmp_path, capsys):
    """The last step is released by what is printed of the first: it was read while the execution ran."""
    gate = tmp_path / "gate"
    code = (
        "import pathlib, sys, time\nprint('begun', flush=True)\n"
        "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\nprint('over')"
    )
    account.deploy("gated", account.script("Wait", code, str(gate)))
    arn = account.start("gated")

    class Opening:
        def show(self, entry):
            seen.append(entry.message)
            gate.touch()

    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.deploy.executions.logs_command.Prefixed", lambda _: Opening())
        assert logs.main([arn, "--follow"]) == 0
    assert seen == ["begun", "over"]
    assert account.status(arn) == "Succeeded"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Wrok"], "there is no step 'Wrok'; did you mean 'Work'?"),
        (["Work", "--trial", "1"], "step 'Work' is no tuning step; leave --trial out"),
        (["--trial", "1"], "--trial is one of a tuning step's; name the step too"),
    ],
)
def test_logs_that_cannot_be_are_usage_errors(ran, words, message, capsys):
    assert logs.main([ran(), *words]) == 2
    assert message in capsys.readouterr().err


def test_a_tuning_steps_logs_are_its_trials(account, wait_for, capsys):
    account.deploy("tuned", account.tuning("Tune", trials=2))
    arn = account.start("tuned")
    assert account.ended(arn, wait_for) == "Succeeded"
    assert logs.main([arn, "Tune"]) == 0
    labels = {line.partition(" | ")[0] for line in capsys.readouterr().out.splitlines()}
    assert sorted(label.partition("-")[0] for label in labels) == ["001", "002"]
    second = max(labels)
    for trial in ("2", "002", second):
        assert logs.main([arn, "Tune", "--trial", trial]) == 0
        out = capsys.readouterr().out
        assert out.count("[1]\ttrain-rmse:") == 1
        assert " | " not in out
    assert logs.main([arn, "Tune", "--trial", "3"]) == 2
    assert (
        f"step 'Tune' has no trial '3'; known: {min(labels)}, {second}" in capsys.readouterr().err
    )
    assert logs.main([arn]) == 0
    assert capsys.readouterr().out.startswith("Tune 001-")
    assert status.main([arn]) == 0
    assert re.search(r"2/2 trials, best validation:rmse [\d.]+, [▁-█]{2}", capsys.readouterr().out)


# stop, retry, open


def test_stop_waits_when_asked_to(endless, account, capsys):
    assert stop.main([identifier(endless), "--wait"]) == 0
    assert account.status(endless) == "Stopped"
    assert "It is Stopped." in capsys.readouterr().out


def test_stopping_what_has_ended_is_said_and_no_error(ran, capsys):
    arn = ran()
    assert stop.main([arn, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["execution"] == {"arn": arn, "status": "Succeeded"}
    assert "nothing to stop" in captured.err


def test_retry_continues_the_same_execution(account, tmp_path, wait_for, capsys):
    flag = tmp_path / "flag"
    code = "import pathlib, sys; sys.exit(not pathlib.Path(sys.argv[1]).exists())"
    first = account.script("First", "print('first')")
    account.deploy("flaky", first, account.script("Flaky", code, str(flag), depends_on=["First"]))
    arn = account.start("flaky")
    assert account.ended(arn, wait_for) == "Failed"
    job = account.steps(arn)["First"]["Metadata"]
    flag.touch()
    assert retry.main(["flaky"]) == 0
    assert account.steps(arn)["First"]["Metadata"] == job
    assert f"Retrying {arn}" in capsys.readouterr().out
    assert retry.main(["flaky"]) == 1
    assert "only a Failed or Stopped execution can be retried" in capsys.readouterr().err


def test_what_a_fail_step_ended_has_no_log_and_is_not_retried(account, wait_for, capsys):
    step = {"Name": "Halt", "Type": "Fail", "Arguments": {"ErrorMessage": "not good enough"}}
    account.deploy("halts", step)
    arn = account.start("halts")
    assert account.ended(arn, wait_for) == "Failed"
    assert logs.main([arn]) == 0
    assert capsys.readouterr().out == "No job has written anything so far.\n"
    assert logs.main([arn, "Halt"]) == 2
    assert "step 'Halt' has no job, so it has no log" in capsys.readouterr().err
    assert retry.main([arn]) == 1
    error = capsys.readouterr().err
    assert "ended by a Fail step; start a new one" in error
    assert "something else" not in error


def test_open_prints_the_page_of_the_served_studio(ran, served_directory, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(webbrowser, "open", lambda url: shown.append(url) or True)
    monkeypatch.setenv("DISPLAY", ":0")
    arn = ran()
    page = f"{served_directory[1]}/_studio/pipelines/tiny/executions/{identifier(arn)}"
    assert open.main([arn]) == 0
    assert open.main([arn, "--print"]) == 0
    monkeypatch.delenv("DISPLAY")
    assert open.main([arn]) == 0
    assert capsys.readouterr().out == f"{page}\n" * 3
    assert shown == [page]
    with urllib.request.urlopen(page) as answer:
        assert identifier(arn) in answer.read().decode()


# run --only


def test_only_the_selected_step_runs_with_the_parameters_of_the_source(ran, account, capsys):
    source = ran(Size="7")
    assert run.main(["tiny", "--only", "Work", "Check", "--param", "Word=fine", "--json"]) == 0
    [document] = json.loads(capsys.readouterr().out)["pipelines"]
    assert document["source"] == source
    assert [step["name"] for step in document["steps"]] == ["Prepare", "Work", "Check"]
    arn = document["execution"]["arn"]
    steps = account.steps(arn)
    assert "SelectiveExecutionResult" in steps["Prepare"]
    assert "SelectiveExecutionResult" not in steps["Work"]
    given = account.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    assert {each["Name"]: each["Value"] for each in given["PipelineParameters"]} == {
        "Size": "7",
        "Word": "fine",
    }


def test_the_source_may_be_named(ran, capsys):
    source = ran(Word="fine")
    ran()
    assert run.main(["tiny", "--only", "Check", "--from", identifier(source)]) == 0
    out = capsys.readouterr().out
    assert f"only Check, from {identifier(source)}, with the results of Work" in out
    assert "start an execution  Word=fine" in out


def test_the_newest_execution_that_has_what_is_needed_is_the_source(ran, account, wait_for, capsys):
    good = ran()
    account.deploy(
        "tiny",
        account.script("Prepare", "raise SystemExit(1)"),
        account.script("Work", "print('one')", depends_on=["Prepare"]),
    )
    assert account.ended(account.start("tiny"), wait_for) == "Failed"
    assert run.main(["tiny", "--only", "Work"]) == 0
    assert f"from {identifier(good)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "Chek"], "--only: there is no step 'Chek'; did you mean 'Check'?"),
        (["--only", "Check", "Prepare"], "are connected through 'Work'; select this too"),
        (["--only", "Check", "Aside"], "do not depend on each other"),
        (["--only", "Work", "--param", "Wrod=x"], "no parameter 'Wrod'; did you mean 'Word'?"),
        (["--only", "Work", "--rows", "30"], "drop --input or --rows"),
        (["--from", "latest"], "add --only STEP"),
    ],
)
def test_a_selection_that_cannot_run_is_a_usage_error(ran, words, message, capsys):
    ran()
    assert run.main(["tiny", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_source_that_cannot_give_the_results_is_refused(endless, ran, account, wait_for, capsys):
    bad = ran(Word="bad")
    account.deploy(
        "tiny",
        account.script("Check", "pass"),
        account.script("After", "pass", depends_on=["Check"]),
    )
    assert run.main(["tiny", "--only", "After", "--from", bad]) == 1
    assert "Check did not succeed, and After needs the results" in capsys.readouterr().err
    assert run.main(["tiny", "--only", "After", "--from", endless]) == 2
    assert "is an execution of 'endless', not of 'tiny'" in capsys.readouterr().err
    assert run.main(["endless", "--only", "Wait", "--from", endless]) == 1
    assert "is Executing; results are taken from executions that are" in capsys.readouterr().err


def test_without_a_past_execution_there_is_nothing_to_start_from(account, capsys):
    account.deploy("never", account.script("Only", "pass"))
    assert run.main(["never", "--only", "Only"]) == 1
    assert "run all of it first: python -m pipelines.run never" in capsys.readouterr().err


# compare


def test_compare_shows_what_differs_and_counts_what_does_not(ran, capsys):
    left, right = ran(), ran(Size="7")
    assert compare.main([left, "tiny"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [identifier(left), identifier(right)] in lines
    assert ["Size", "5", "7"] in lines
    assert not any(line[:1] == ["Word"] for line in lines)
    assert ["1", "parameter", "is", "the", "same."] in lines


def test_compare_as_json_has_everything(ran, capsys):
    left, right = ran(), ran(Word="fine")
    assert compare.main([left, right, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [each["arn"] for each in document["executions"]] == [left, right]
    assert document["parameters"] == [
        {"name": "Word", "values": ["good", "fine"], "better": None},
        {"name": "Size", "values": ["5", "5"], "better": None},
    ]
    assert {row["name"] for row in document["durations"]} == {
        "in all",
        "Aside",
        "Prepare",
        "Work",
        "Check",
    }


def test_comparing_an_execution_with_itself_is_a_usage_error(ran, capsys):
    arn = ran()
    assert compare.main([arn, identifier(arn)]) == 2
    assert "give two executions" in capsys.readouterr().err
