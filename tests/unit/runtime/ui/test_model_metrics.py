"""Numbers of reports, side by side."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from runtime.ui.model_metrics import Figure, compared, figures_in

REPORT = {
    "regression_metrics": {
        "rmse": {"value": 12.5, "standard_deviation": 0.5},
        "r2": {"value": 0.9},
    },
    "rows": 400,
    "passed": True,
    "message": "good",
}


def test_values_come_with_their_deviation_and_path() -> None:
    assert figures_in(json.dumps(REPORT)) == {
        "regression_metrics.rmse": Figure(12.5, 0.5),
        "regression_metrics.r2": Figure(0.9),
        "rows": Figure(400.0),
    }
    assert Figure(12.5, 0.5).text == "12.5 ± 0.5"


def test_versions_are_compared_by_name() -> None:
    new, old = {"rmse": Figure(11.0)}, {"rmse": Figure(10.0), "r2": Figure(0.5)}
    lines = {line.name: line for line in compared([new, old])}
    assert lines["rmse"].change == "+10.00%"
    assert lines["r2"].figures == (None, Figure(0.5))
    assert lines["r2"].change == ""
    assert compared([old, old])[0].change == "="


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda b: b.decode("latin-1"))))
def test_what_is_no_report_has_no_figures(text: str) -> None:
    figures_in(text)


_DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_DOCUMENTS)
def test_any_json_has_finite_figures_only(document: object) -> None:
    for figure in figures_in(json.dumps(document)).values():
        assert abs(figure.value) < float("inf")


def test_deep_and_huge_reports_are_no_accident() -> None:
    assert figures_in("[" * 100_000) == {}
    assert figures_in(f'{{"a": {"9" * 5000}}}') == {}
    assert len(figures_in(json.dumps({str(n): n for n in range(500)}))) == 100
