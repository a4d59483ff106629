"""What every check of the doctor keeps to."""

from __future__ import annotations

import pytest

from pipelines.deploy.doctor._examine import all_checks

CHECKS = {check.name: check for check in all_checks()}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
class TestCheck:
    def test_it_comes_after_all_it_needs(self, check):
        for name in check.needs:
            assert CHECKS[name].rank < check.rank

    def test_it_has_a_place_of_its_own(self, check):
        assert [each.rank for each in CHECKS.values()].count(check.rank) == 1

    def test_its_file_is_named_for_it_and_its_docstring_says_what_must_hold(self, check):
        assert check.__module__.rpartition(".")[2] == check.name.replace(" ", "_")
        assert check.__doc__
