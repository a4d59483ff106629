"""Bayesian search: Optuna's Tree-structured Parzen Estimator, after a few points spread evenly over the ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runtime.tuning._base import Range, RangeKind, Scaling, Strategy, Trial
from runtime.tuning._scales import places, scaling, text

# As few as a budget of 20 trials can spare, but more values than that before the model is trusted.
_STARTUP = 8
_VALUES_NEEDED = 4


class Bayesian(Strategy):
    """Holds nothing between calls: the history is replayed into a fresh study in memory each time."""

    name = "Bayesian"

    def suggest(self, finished: Sequence[Trial], running: Sequence[Trial]) -> Mapping[str, str]:
        number, prior = len(finished) + len(running), self.brief.prior
        known = [trial for trial in (*prior, *finished) if trial.succeeded]
        if number + len(prior) < _STARTUP or len(known) < _VALUES_NEEDED:
            return places(self.brief.ranges, self._spread_point(number))
        return self._model_point(number, (*prior, *finished), running)

    def _spread_point(self, number: int) -> Sequence[float]:
        """Point `number` of a scrambled Sobol sequence, whose first powers of two are balanced."""
        # Half a second that only tuning jobs should pay, and a tenth for numpy.
        import numpy as np
        from scipy.stats import qmc

        sequence = qmc.Sobol(len(self.brief.ranges), rng=np.random.default_rng(self.brief.seed))
        points: list[list[float]] = sequence.random_base2(number.bit_length()).tolist()
        return points[number]

    def _model_point(
        self, number: int, finished: Sequence[Trial], running: Sequence[Trial]
    ) -> dict[str, str]:
        # Half a second to load, needed by tuning jobs only.
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        # Trials that still run count as bad ones, so that parallel jobs don't huddle (constant liar).
        sampler = optuna.samplers.TPESampler(
            seed=_seed(self.brief.seed, number),
            n_startup_trials=1,
            multivariate=True,
            constant_liar=True,
        )
        study = optuna.create_study(
            sampler=sampler, direction="maximize" if self.brief.maximize else "minimize"
        )
        space = {known.name: _distribution(known) for known in self.brief.ranges}
        history = [
            *((trial, _state(trial)) for trial in finished),
            *((trial, optuna.trial.TrialState.RUNNING) for trial in running),
        ]
        # Sorted: the order in which parallel jobs end must not matter.
        for trial, state in sorted(history, key=lambda pair: pair[0].number):
            study.add_trial(self._frozen(trial, state, space))
        asked = study.ask(space)
        return {
            known.name: _as_text(known, asked.params[known.name]) for known in self.brief.ranges
        }

    def _frozen(self, trial: Trial, state: Any, space: Mapping[str, Any]) -> Any:
        import optuna

        return optuna.trial.create_trial(
            state=state,
            value=trial.value if state is optuna.trial.TrialState.COMPLETE else None,
            params={
                known.name: _as_parameter(known, trial.parameters[known.name])
                for known in self.brief.ranges
            },
            distributions=dict(space),
        )


def _state(trial: Trial) -> Any:
    import optuna

    states = optuna.trial.TrialState
    return states.COMPLETE if trial.succeeded else states.FAIL


def _seed(seed: int, number: int) -> int:
    import numpy as np

    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _distribution(space: Range) -> Any:
    import optuna

    if space.kind is RangeKind.CATEGORICAL:
        return optuna.distributions.CategoricalDistribution(space.values)
    log = scaling(space) is Scaling.LOGARITHMIC
    if space.kind is RangeKind.INTEGER:
        return optuna.distributions.IntDistribution(int(space.low), int(space.high), log=log)
    if scaling(space) is Scaling.REVERSE_LOGARITHMIC:
        # The distance from 1 is what is spread evenly over its magnitudes.
        return optuna.distributions.FloatDistribution(1 - space.high, 1 - space.low, log=True)
    return optuna.distributions.FloatDistribution(space.low, space.high, log=log)


def _as_parameter(space: Range, value: str) -> Any:
    if space.kind is RangeKind.CATEGORICAL:
        return value
    if space.kind is RangeKind.INTEGER:
        return int(value)
    number = min(max(float(value), space.low), space.high)
    if scaling(space) is Scaling.REVERSE_LOGARITHMIC:
        return min(max(1 - number, 1 - space.high), 1 - space.low)
    return number


def _as_text(space: Range, parameter: Any) -> str:
    if space.kind is RangeKind.CATEGORICAL:
        return str(parameter)
    reverse = scaling(space) is Scaling.REVERSE_LOGARITHMIC
    number = 1 - parameter if reverse else parameter
    return text(space, min(max(number, space.low), space.high))
