"""How the container words what ends a call of `xgb.train`."""

from __future__ import annotations

from runtime.algorithms.xgboost.log import reason
from runtime.images._base import AlgorithmFailure

# Texts of XGBoost's errors that are the user's business: reported as they are.
_USER_ERRORS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "Target is multiclass but average='binary'",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "Check failed: !auc_error AUC: the dataset only contains pos or neg samples",
    "base_score must be in (0,1) for logistic loss",
    "PoissonRegression: label must be nonnegative",
    "TweedieRegression: label must be nonnegative",
    "Check failed: reg_lambda",
)


def train_call_failed(error: Exception | str) -> AlgorithmFailure:
    """The failure of the job."""
    text = error if isinstance(error, str) else reason(error)
    if any(known in text for known in _USER_ERRORS):
        return AlgorithmFailure(text)
    return AlgorithmFailure(f"XGB train call failed with exception:\n {text}")
