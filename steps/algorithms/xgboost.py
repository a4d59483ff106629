"""XGBoost, built into the service (algorithm mode)."""

from __future__ import annotations

from typing import TypedDict, Unpack

from pipelines.definition.algorithms.xgboost import XGBoost
from steps.algorithms.estimator import Estimator, JobSettings
from steps.algorithms.hyperparameters import checked
from steps.algorithms.images import image_uri
from steps.algorithms.values import Boolean, Integer, Number, Text

_ALGORITHM = XGBoost()
VERSION = "3.0-5"


class Hyperparameters(TypedDict, total=False):
    """Every documented hyperparameter; `lambda` is Python's own word, so use its alias `reg_lambda`.

    Ranges and defaults are in pipelines/definition/algorithms.
    """

    _kfold: Integer
    _num_cv_round: Integer
    aft_loss_distribution: Text
    aft_loss_distribution_scale: Number
    alpha: Number
    base_score: Number
    booster: Text
    colsample_bylevel: Number
    colsample_bynode: Number
    colsample_bytree: Number
    csv_weights: Integer
    deterministic_histogram: Boolean
    dsplit: Text
    early_stopping_rounds: Integer
    eta: Number
    eval_metric: Text
    gamma: Number
    grow_policy: Text
    interaction_constraints: Text
    lambda_bias: Number
    learning_rate: Number
    max_bin: Integer
    max_delta_step: Number
    max_depth: Integer
    max_leaves: Integer
    min_child_weight: Number
    min_split_loss: Number
    monotone_constraints: Text
    normalize_type: Text
    nthread: Integer
    num_class: Integer
    num_parallel_tree: Integer
    num_round: Integer
    objective: Text
    one_drop: Integer
    predictor: Text
    prob_buffer_row: Integer
    process_type: Text
    rate_drop: Number
    refresh_leaf: Integer
    reg_alpha: Number
    reg_lambda: Number
    sample_type: Text
    sampling_method: Text
    save_model_on_termination: Boolean
    scale_pos_weight: Number
    seed: Integer
    sketch_eps: Number
    skip_drop: Number
    subsample: Number
    tree_method: Text
    tweedie_variance_power: Number
    updater: Text
    use_dask_gpu_training: Boolean
    verbosity: Integer


def xgboost(
    settings: JobSettings, *, version: str = VERSION, **hyperparameters: Unpack[Hyperparameters]
) -> Estimator:
    """Configure XGBoost. Raises InvalidEstimator naming every hyperparameter it would refuse."""
    image = image_uri(_ALGORITHM.name, settings.region, version)
    return Estimator(image, settings, checked(_ALGORITHM, hyperparameters), _ALGORITHM)
