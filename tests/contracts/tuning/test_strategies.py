"""What every tuning strategy of the runtime promises."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runtime.tuning
from pipelines.definition.discovery import by_key, find
from runtime.tuning._base import Brief, Range, RangeKind, Scaling, Strategy, Trial

STRATEGIES = by_key(find(runtime.tuning, Strategy), "name")

SPACE = (
    Range("eta", RangeKind.CONTINUOUS, 0.01, 0.5, scaling=Scaling.LOGARITHMIC),
    Range("subsample", RangeKind.CONTINUOUS, 0.5, 1.0, scaling=Scaling.LINEAR),
    Range("momentum", RangeKind.CONTINUOUS, 0.0, 0.999, scaling=Scaling.REVERSE_LOGARITHMIC),
    Range("alpha", RangeKind.CONTINUOUS, 1e-6, 10.0),
    Range("depth", RangeKind.INTEGER, 1, 8, scaling=Scaling.LINEAR),
    Range("rounds", RangeKind.INTEGER, 1, 5000, scaling=Scaling.LOGARITHMIC),
    Range("booster", RangeKind.CATEGORICAL, values=("gbtree", "dart")),
    Range("fixed", RangeKind.CONTINUOUS, 0.25, 0.25),
)
# 126 combinations, for strategies that take nothing but values.
VALUES = (
    Range(
        "eta", RangeKind.CATEGORICAL, values=("0.01", "0.02", "0.05", "0.1", "0.2", "0.3", "0.5")
    ),
    Range("depth", RangeKind.CATEGORICAL, values=tuple("123456789")),
    Range("booster", RangeKind.CATEGORICAL, values=("gbtree", "dart")),
)
VALUES_ONLY = ("Grid",)


def space_of(name: str) -> tuple[Range, ...]:
    return VALUES if name in VALUES_ONLY else SPACE


def strategy_of(name: str, *, maximize: bool = False, seed: int = 1) -> Strategy:
    return STRATEGIES[name](Brief(space_of(name), maximize, seed, resource=(1, 9)))


@st.composite
def _ranges(draw: st.DrawFn, kinds: tuple[RangeKind, ...]) -> Range:
    kind = draw(st.sampled_from(kinds))
    if kind is RangeKind.CATEGORICAL:
        return Range("x", kind, values=tuple(draw(st.lists(st.text(), min_size=1, unique=True))))
    scaling = draw(st.sampled_from(Scaling))
    if kind is RangeKind.INTEGER and scaling is Scaling.REVERSE_LOGARITHMIC:
        scaling = Scaling.AUTO
    low = 1e-9 if scaling is Scaling.LOGARITHMIC else -1e9
    high = 1e9
    if scaling is Scaling.REVERSE_LOGARITHMIC:
        low, high = 0.0, 0.9999
    if kind is RangeKind.INTEGER:
        numbers = st.integers(max(round(low), 1 if low > 0 else round(low)), round(high)).map(float)
    else:
        numbers = st.floats(low, high)
    first, second = sorted((draw(numbers), draw(numbers)))
    return Range("x", kind, first, second, scaling=scaling)


def _is_inside(space: Range, text: str) -> bool:
    if space.kind is RangeKind.CATEGORICAL:
        return text in space.values
    number = int(text) if space.kind is RangeKind.INTEGER else float(text)
    return space.low <= number <= space.high


def _history(
    strategy: Strategy, count: int, *, failures: bool = False
) -> tuple[list[Trial], list[Trial]]:
    """Run trials two at a time, the first of each pair ending later."""
    finished: list[Trial] = []
    running: list[Trial] = []
    for number in range(count):
        parameters = strategy.suggest(finished, running)
        assert parameters is not None
        running.append(Trial(number, parameters))
        if len(running) == 2:
            done = running.pop()
            value = (float(done.parameters["eta"]) - 0.1) ** 2 + int(done.parameters["depth"])
            failed = failures and number % 3 == 0
            finished.append(Trial(done.number, done.parameters, None if failed else value))
    return finished, running


@pytest.mark.parametrize("name", sorted(STRATEGIES))
class TestStrategy:
    @pytest.mark.parametrize("maximize", [True, False])
    def test_proposals_cover_all_ranges_and_stay_inside(self, name: str, maximize: bool) -> None:
        strategy = strategy_of(name, maximize=maximize, seed=3)
        finished, running = _history(strategy, 25)
        for trial in [*finished, *running]:
            assert list(trial.parameters) == [space.name for space in space_of(name)]
            assert all(_is_inside(space, trial.parameters[space.name]) for space in space_of(name))

    def test_a_seed_repeats_a_tuning_job_and_another_does_not(self, name: str) -> None:
        first, second, other = (_history(strategy_of(name, seed=seed), 20) for seed in (1, 1, 2))
        assert first == second
        assert (first == other) is (name in VALUES_ONLY)

    def test_a_proposal_depends_on_the_history_and_not_on_its_order(self, name: str) -> None:
        strategy = strategy_of(name)
        finished, running = _history(strategy, 20)
        proposal = strategy.suggest(finished, running)
        assert strategy.suggest(finished, running) == proposal
        shuffled = random.Random(0).sample(finished, len(finished))
        assert strategy_of(name).suggest(shuffled, running) == proposal

    def test_failed_trials_do_not_stop_the_search(self, name: str) -> None:
        strategy = strategy_of(name)
        finished, running = _history(strategy, 20, failures=True)
        failed = [Trial(trial.number, trial.parameters) for trial in finished]
        for past in (finished, failed):
            assert strategy.suggest(past, running) is not None

    def test_parallel_trials_differ(self, name: str) -> None:
        strategy = strategy_of(name)
        finished, _ = _history(strategy, 20)
        running: list[Trial] = []
        for _ in range(5):
            parameters = strategy.suggest(finished, running)
            assert parameters is not None
            running.append(Trial(len(finished) + len(running), parameters))
        assert len({tuple(trial.parameters.items()) for trial in running}) == 5

    def test_nothing_is_printed_or_warned(
        self, name: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        _history(strategy_of(name), 15)
        assert capfd.readouterr() == ("", "")

    @settings(max_examples=40)
    @given(data=st.data(), seed=st.integers(0, 2**31 - 1))
    def test_any_range_is_served(self, name: str, data: st.DataObject, seed: int) -> None:
        kinds = (RangeKind.CATEGORICAL,) if name in VALUES_ONLY else tuple(RangeKind)
        space = data.draw(_ranges(kinds))
        strategy = STRATEGIES[name](Brief((space,), True, seed))
        finished: list[Trial] = []
        for number in range(11):
            parameters = strategy.suggest(finished, [])
            if parameters is None:
                assert number == len(space.values)
                return
            assert _is_inside(space, parameters["x"])
            finished.append(Trial(number, parameters, float(number)))


def test_the_services_words_are_all_found() -> None:
    assert set(STRATEGIES) == {"Bayesian", "Random", "Hyperband", "Grid"}


def test_bayesian_search_beats_random_search_on_a_smooth_function() -> None:
    def best(name: str, seed: int) -> float:
        finished, _ = _history(strategy_of(name, seed=seed), 40)
        return min(trial.value for trial in finished if trial.value is not None)

    bayesian, at_random = (
        [best(name, seed) for seed in range(5)] for name in ("Bayesian", "Random")
    )
    assert sum(bayesian) <= sum(at_random)
