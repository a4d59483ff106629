"""The bar: without regularisation the returned model's training objective is that of the exact optimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from scipy.sparse import csr_matrix, hstack, identity

Array = Any
PLAIN = {"predictor_type": "regressor", "l1": "0", "wd": "0"}
EPSILON, DELTA, QUANTILE = 0.2, 0.5, 0.9

# Each loss of a residual target - prediction, in units of the label's standard deviation.
LOSSES: dict[str, Callable[[Array], Array]] = {
    "squared_loss": lambda r: r**2,
    "absolute_loss": np.abs,
    "quantile_loss": lambda r: np.maximum(QUANTILE * r, (QUANTILE - 1) * r),
    "eps_insensitive_absolute_loss": lambda r: np.maximum(np.abs(r) - EPSILON, 0),
    "eps_insensitive_squared_loss": lambda r: np.maximum(np.abs(r) - EPSILON, 0) ** 2,
    "huber_loss": lambda r: np.where(
        np.abs(r) < DELTA, 0.5 * r**2, DELTA * (np.abs(r) - 0.5 * DELTA)
    ),
}
SETTINGS = {"loss_insensitivity": str(EPSILON), "huber_delta": str(DELTA), "quantile": "0.9"}


def well_conditioned(random: np.random.Generator) -> Array:
    return random.normal(size=(600, 6))


def ill_scaled(random: np.random.Generator) -> Array:
    return random.normal(size=(600, 6)) * 10.0 ** np.linspace(-3, 6, 6) + 1000.0


def collinear(random: np.random.Generator) -> Array:
    shared = random.normal(size=(600, 1))
    return 0.99 * shared + np.sqrt(1 - 0.99**2) * random.normal(size=(600, 6))


def dummy_trap(random: np.random.Generator) -> Array:
    """One-hot columns that add up to the bias, and a constant."""
    hot = np.eye(4)[random.integers(0, 4, 600)]
    return np.hstack([hot, np.full((600, 1), 7.0), random.normal(size=(600, 2))])


def table_of(shape: Callable[[np.random.Generator], Array]) -> Array:
    """A skewed, heavy-tailed label in dollars, so that the losses have different optima."""
    random = np.random.default_rng(3)
    features = shape(random)
    scaled = (features - features.mean(0)) / np.where(features.std(0) > 0, features.std(0), 1)
    noise = random.standard_t(3, size=600) + random.exponential(1.0, size=600)
    label = 200_000 + 50_000 * (scaled @ random.normal(size=features.shape[1]) + noise)
    return np.column_stack([label, features])


def linear_programme(matrix: Array, target: Array, up: float, down: float, free: float) -> float:
    """Mean of up * r+ + down * r- beyond +-free, at its minimum over weights."""
    rows, columns = matrix.shape
    one = identity(rows)
    system = hstack([csr_matrix(matrix), one, -one, one])
    cost = np.concatenate(
        [np.zeros(columns), np.full(rows, up), np.full(rows, down), np.zeros(rows)]
    )
    bounds = [(None, None)] * columns + [(0, None)] * (2 * rows) + [(-free, free)] * rows
    return float(linprog(cost, A_eq=system, b_eq=target, bounds=bounds).fun) / rows


def smooth_minimum(matrix: Array, target: Array, loss: Callable[[Array], Array]) -> float:
    """Minimum by a quasi-Newton method on whitened columns, where it is easy."""
    whitened = np.linalg.qr(matrix)[0] * np.sqrt(len(matrix))
    start = whitened.T @ target / len(matrix)
    found = minimize(
        lambda w: float(loss(target - whitened @ w).mean()), start, options={"gtol": 1e-9}
    )
    return float(found.fun)


def optimum(name: str, table: Array) -> float:
    label = table[:, 0]
    target = (label - label.mean()) / label.std()
    spread = table[:, 1:].std(0) > 0
    features = table[:, 1:][:, spread]
    matrix = np.column_stack([(features - features.mean(0)) / features.std(0), np.ones(len(table))])
    match name:
        case "absolute_loss":
            return linear_programme(matrix, target, 1, 1, 0)
        case "quantile_loss":
            return linear_programme(matrix, target, QUANTILE, 1 - QUANTILE, 0)
        case "eps_insensitive_absolute_loss":
            return linear_programme(matrix, target, 1, 1, EPSILON)
        case "squared_loss":
            weights = np.linalg.lstsq(matrix, target, rcond=None)[0]
            return float(np.mean((target - matrix @ weights) ** 2))
        case _:
            return smooth_minimum(matrix, target, LOSSES[name])


@pytest.mark.parametrize("shape", [well_conditioned, ill_scaled, collinear, dummy_trap])
@pytest.mark.parametrize("name", LOSSES)
def test_the_training_objective_is_the_exact_optimum(
    name: str, shape: Callable[[np.random.Generator], Array], fit: Any
) -> None:
    table = table_of(shape)
    trained = fit({"train": table}, {**PLAIN, **SETTINGS, "loss": name})
    residual = (table[:, 0] - trained.predict(table[:, 1:])) / table[:, 0].std()
    reached, exact = float(LOSSES[name](residual).mean()), optimum(name, table)
    # The bar is 1 %; the quasi-Newton reference itself is good to a few parts in a million.
    assert exact * (1 - 1e-5) <= reached <= exact * 1.001


@pytest.mark.parametrize("name", LOSSES)
def test_the_logged_objective_is_the_loss_in_units_of_the_label(name: str, fit: Any) -> None:
    table = table_of(well_conditioned)
    trained = fit({"train": table}, {**PLAIN, **SETTINGS, "loss": name})
    scale = table[:, 0].std()
    squared = name in ("squared_loss", "eps_insensitive_squared_loss", "huber_loss")
    residual = (table[:, 0] - trained.predict(table[:, 1:])) / scale
    expected = float(LOSSES[name](residual).mean()) * (scale**2 if squared else scale)
    assert trained.metrics["train:objective_loss:final"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_every_optimizer_ends_at_the_optimum(optimizer: str, fit: Any) -> None:
    table = table_of(collinear)
    trained = fit({"train": table}, {**PLAIN, "optimizer": optimizer, "mini_batch_size": "50"})
    mse = float(np.mean((table[:, 0] - trained.predict(table[:, 1:])) ** 2))
    assert mse <= 1.001 * optimum("squared_loss", table) * table[:, 0].var()


def test_without_a_bias_the_optimum_goes_through_the_origin(fit: Any) -> None:
    table = table_of(ill_scaled)
    trained = fit({"train": table}, {**PLAIN, "use_bias": "false", "mini_batch_size": "20"})
    weights = np.linalg.lstsq(table[:, 1:], table[:, 0], rcond=None)[0]
    exact = np.mean((table[:, 0] - table[:, 1:] @ weights) ** 2)
    assert trained.metrics["train:mse"] <= 1.001 * exact
    assert trained.predict(np.zeros((1, 6)))[0] == 0.0


def test_l2_gives_the_ridge_solution_of_the_normalised_problem(fit: Any) -> None:
    table = table_of(collinear)
    trained = fit({"train": table}, {**PLAIN, "wd": "0.5"})
    features, label = table[:, 1:], table[:, 0]
    z = (features - features.mean(0)) / features.std(0)
    t = (label - label.mean()) / label.std()
    weights = np.linalg.solve(2 * z.T @ z / 600 + 0.5 * np.eye(6), 2 * z.T @ t / 600)
    expected = label.mean() + label.std() * (z @ weights)
    assert trained.predict(features) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["squared_loss", "absolute_loss", "huber_loss"])
def test_l1_gives_true_zeros_where_the_optimum_has_them(name: str, fit: Any) -> None:
    random = np.random.default_rng(5)
    features = random.normal(size=(800, 8))
    label = 3 * features[:, 0] - 2 * features[:, 1] + random.normal(size=800)
    trained = fit(
        {"train": np.column_stack([label, features])},
        {**PLAIN, **SETTINGS, "l1": "0.1", "loss": name},
    )
    with np.load(trained.root / "model" / "model_algo-1", allow_pickle=False) as model:
        assert (model["weights"][:2, 0] != 0).all()
        assert (model["weights"][2:, 0] == 0).all()


def test_a_job_too_short_to_learn_returns_an_untrained_model(fit: Any) -> None:
    table = table_of(well_conditioned)
    trained = fit({"train": table}, {**PLAIN, "epochs": "1", "learning_rate": "1e-9"})
    assert trained.metrics["train:mse"] > 0.8 * table[:, 0].var()


def test_california_reaches_least_squares_on_unseen_districts(
    california_table: Array, fit: Any
) -> None:
    train, validation, test = np.split(california_table, [16_512, 18_576])
    trained = fit(
        {"train": train, "validation": validation, "test": test}, {"predictor_type": "regressor"}
    )
    assert np.sqrt(trained.metrics["test:mse"]) <= 76_000


def test_california_absolute_loss_is_the_optimum_of_the_linear_programme(
    california_table: Array, fit: Any
) -> None:
    table = california_table[:3000]
    trained = fit({"train": table}, {**PLAIN, "loss": "absolute_loss"})
    exact = optimum("absolute_loss", table) * table[:, 0].std()
    assert exact * (1 - 1e-6) <= trained.metrics["train:absolute_loss"] <= exact * 1.001
