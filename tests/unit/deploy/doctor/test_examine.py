from __future__ import annotations

import inspect

from rich.console import Console

from pipelines.deploy.aws_doctor import Probe
from pipelines.deploy.doctor import _report as report
from pipelines.deploy.doctor._base import Check, failed, ok, skipped, together, warning
from pipelines.deploy.doctor._examine import Finding, all_checks, examine
from pipelines.deploy.errors import ServiceError


class First(Check):
    name = "first"
    rank = 1

    def run(self, context):
        return context.probe.answers[self.name]()


class Second(First):
    name = "second"
    needs = ("first",)


class Local(First):
    name = "third"
    aws_only = "only AWS has it"


def look(context, account, first, *, aws=True):
    account.answers = {"first": first, "second": lambda: ok("fine"), "third": lambda: ok("fine")}
    found = list(examine(context(aws=aws), [First, Second, Local]))
    assert [each.check for each in found] == ["first", "second", "third"]
    return [each.result for each in found]


def refuse():
    raise ServiceError("GetRole: not authorized (AccessDenied); let them, or use others")


def stumble():
    raise KeyError("x")


def test_what_a_check_needs_must_not_have_failed(context, account):
    _, second, third = look(context, account, lambda: failed("broken", "mend it"))
    assert (second.status, second.found) == ("skipped", "'first' failed: see to that first")
    assert third.status == "ok"


def test_a_warning_stops_nobody(context, account):
    assert look(context, account, lambda: warning("hm", "look"))[1].status == "ok"


def test_a_refusal_is_a_skip_that_says_what_to_do(context, account):
    first, second, _ = look(context, account, refuse)
    assert (first.status, first.todo) == ("skipped", "let them, or use others")
    assert first.found == "could not look: GetRole: not authorized (AccessDenied)"
    assert second.status == "skipped"


def test_a_mistake_in_a_check_hides_no_other(context, account):
    first, _, third = look(context, account, stumble)
    assert first.status == "skipped"
    assert "unexpected KeyError" in first.found
    assert third.status == "ok"


def test_what_only_aws_has_is_skipped_elsewhere(context, account):
    results = look(context, account, lambda: ok("fine"), aws=False)
    assert (results[2].status, results[2].found) == ("skipped", "only AWS has it")


def test_several_results_are_as_bad_as_the_worst():
    each = [ok("a"), skipped("b"), failed("c", "x"), warning("d", "y"), failed("e", "x")]
    assert together(each, ok("none")) == failed("c\ne", "x")
    assert together([], ok("none")) == ok("none")
    assert together(each[:2], ok("none")) == skipped("b")


def test_the_fake_account_has_exactly_the_methods_of_the_door(account):
    def public(kind):
        found = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in found
            if not name.startswith("_")
        }

    assert public(type(account)) == public(Probe)


def test_in_an_account_that_is_in_order_everything_is(context, account):
    findings = list(examine(context(), all_checks()))
    assert {each.result.status for each in findings} == {"ok", "skipped"}
    assert [each.check for each in findings if each.result.status == "skipped"] == ["content"]


def shown(findings, width):
    console = Console(width=width, record=True, color_system=None)
    with console.capture() as captured:
        console.print(report.table(findings))
    return captured.get()


def test_the_table_fits_and_shows_what_to_do_below_what_was_found():
    findings = [
        Finding("first", ok("fine [red]indeed[/red]")),
        Finding("second", failed("x" * 300, "mend it")),
    ]
    text = shown(findings, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "fine [red]indeed[/red]" in text
    assert "→ mend it" in text
    assert text.count("x") == 300
    assert report.summary(findings) == "2 checks: 1 ok, 1 failed"


def test_a_long_list_is_cut_in_the_table_and_whole_in_the_document():
    findings = [Finding("first", failed("\n".join(map(str, range(40))), "mend it"))]
    assert "and 28 more lines: see --json" in shown(findings, 80)
    assert report.document(findings)[0]["found"].endswith("39")
