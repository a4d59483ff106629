"""LinearLearner on this machine. The service's source is not public; this follows its documentation.

The journey of `training.train`: hyperparameters -> `settings` · channels -> `data` (`csv_text`, large files by
`csv_columns`) · shift and scale by the first rows -> `scaler` · all models of the search at once, mini-batch by
mini-batch, with a falling learning rate -> `candidates`, `optimisers`, `descent` · after each epoch a look at the
validation data, early stopping, the best model kept -> `course`, `judge`, `thresholds` · the best model finished ->
`finish` (`interior_point`, `newton`, `softmax_descent`) · scores -> `scores` · un-normalised weights to disk ->
`model`, read again by `serving`.

Documented by the service and followed: hyperparameters, defaults, normalisation, optimisers, early stopping,
selection, log lines, data and answer formats. Chosen here, where the documentation is silent:

* The grid behind `auto` for learning_rate, l1, wd and positive_example_weight_mult (`candidates`); a value that is
  given is never varied.
* The objective is mean loss + l1 |w| + wd w^2 / 2 over the weights of the normalised problem; the bias is not
  regularised unless bias_wd_mult says so. huber_delta and loss_insensitivity are in units of the label as
  trained: standard deviations when normalize_label is on.
* **The finish.** Mini-batch steps end near the optimum, not at it. The selected model is moved on to the exact
  optimum of its own objective on the training data (interior point, Newton), but never farther than the steps of
  the schedule could have carried it: the sum of the learning rates of all epochs bounds how far predictions may
  move. So a job with epochs=1 and learning_rate=1e-9 stays as untrained as the service would leave it, and an
  ordinary one ends within a fraction of a percent of the optimum. Problems too large for it keep the
  mini-batch result; the log says so.
* Batches are drawn from a fixed permutation: same data and hyperparameters, same model, byte for byte.
"""
