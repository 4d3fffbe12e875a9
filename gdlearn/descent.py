"""What the estimators share: scikit-learn's conventions translated to records, and the rest left to ``minimize``."""

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import words
from ._types import Matrix, Record, Weights
from .adaptive import Adam
from .automatic import learning_rate
from .models import Linear, layers, weights
from .networks import MLP
from .optimizers import SGD, Nesterov
from .penalties import NoPenalty
from .problem import Problem
from .records import Range, number
from .stopping import minimize_until, share_out, tell, unit
from .threads import one_thread
from .training import minimize
from .validation import FLOATS, real
from .weighting import distinct, relative, weighted

# The batch of hidden layers where ``batch_size="auto"``.
BATCH = 32


def takes_rows_as_they_come(estimator):
    """Whether ``partial_fit`` can be offered."""
    if estimator.early_stopping:
        raise AttributeError("partial_fit has no rows to hold out; pass early_stopping=False")
    return True


class Descent(BaseEstimator):
    """Fits a linear model or a network; a subclass knows the targets and the loss."""

    def __init__(
        self,
        *,
        loss: Record | str = "auto",
        penalty: Record | str | None = "l2",
        lam: float = 1e-4,
        fit_intercept: bool = True,
        hidden: Sequence[int] = (),
        activation: Record | str = "relu",
        optimizer: Record | str = "auto",
        schedule: Record | str = "constant",
        learning_rate: float | str = "auto",
        batch_size: int | str | None = "auto",
        epochs: int = 1000,
        tolerance: float = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        random_state: int | np.random.Generator | np.random.RandomState | None = 0,
    ):
        self.loss = loss
        self.penalty = penalty
        self.lam = lam
        self.fit_intercept = fit_intercept
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.schedule = schedule
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.tolerance = tolerance
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.hidden
        return tags

    @one_thread
    def fit(self, X: Matrix, y: ArrayLike, sample_weight: Weights = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix (n, d)
            float32 stays float32. Hidden layers take dense inputs only.
        y : array (n,)
        sample_weight : array (n,), optional
            A row of weight 2 counts as two rows, a row of weight 0 as none.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If the data or a parameter do not fit; the message names it.
        KeyboardInterrupt
            At Ctrl-C, once what was learned until then is kept.

        Warns
        -----
        ConvergenceWarning
            If a linear model, stepping along the gradient of all rows, did not reach the tolerance, or if
            a fit took no step, because the data are so small that the tolerance is reached at the start.
        DivergenceWarning
            If the objective grew beyond bounds.
        """
        start = self.run_.theta if self.warm_start and hasattr(self, "run_") else None
        X, y, weight = self._accept(X, y, sample_weight, reset=True)
        if not weight.all():
            X, y, weight = X[weight > 0.0], y[weight > 0.0], weight[weight > 0.0]
        y = self._learn_targets(y)
        problem = self._problem()
        if start is not None and problem.model != (last := self.run_.problem.model):
            needed = "the same number of columns and fit_intercept as the last fit, and the same network"
            raise ValueError(f"warm_start needs {needed}: {last}, not {problem.model}")
        train = partial(self._train_until, unit(weight)) if self.early_stopping else self._train
        if self.hidden or self.early_stopping or self._batch(len(y)) < len(y):
            X, y, weight = distinct(X, y, weight)
        self.__dict__.pop("validation_loss_", None)
        run = train(problem, X, y, weight, start, self._generator())
        whole = not (self.hidden or self.early_stopping) and self._batch(len(y)) == len(y)
        tell(run, self.tolerance, start is None, whole)
        return self._keep(run, run.epochs)

    def _train(self, problem, X, y, weight, start, rng):
        weight = relative(weight)
        method = self._method(problem, X, weight)
        problem, y = weighted(problem, y, weight)
        return minimize(problem, X, y, start=start, seed=rng, epochs=self.epochs, tolerance=self.tolerance, **method)

    def _train_until(self, one, problem, X, y, weight, start, rng):
        share = number(self.validation_fraction, "validation_fraction", Range(0.0, 1.0, True, True))
        patience = number(self.patience, "patience", Range(1), int)
        weight, judged = share_out(y, weight, one, share, rng)
        rows, held = weight > 0.0, judged > 0.0
        judge, goal = weighted(problem._replace(penalty=NoPenalty()), y[held], relative(judged[held]))
        unseen, X, y, weight = X[held], X[rows], y[rows], relative(weight[rows])
        method = self._method(problem, X, weight)
        method |= {"start": start, "seed": rng, "epochs": self.epochs, "tolerance": self.tolerance}
        problem, y = weighted(problem, y, weight)
        run, self.validation_loss_ = minimize_until(
            lambda theta: judge.objective(theta, unseen, goal), problem, X, y, patience=patience, **method
        )
        return run

    def _continue(self, X, y, weight):
        """One pass through some rows as they stand, from where the last one ended."""
        problem, start = self._problem(), None
        if hasattr(self, "run_"):
            start = self.run_ if self.run_.memory else self.run_.theta
            method = {"optimizer": self.optimizer_, "schedule": self.schedule_, "batch_size": self._batch(len(y))}
        else:
            method = self._method(problem, X, weight)
        method |= {"start": start, "seed": self._generator(), "sampling": "sequential"}
        problem, y = weighted(problem, y, weight)
        run = minimize(problem, X, y, epochs=1, tolerance=0.0, **method)
        return self._keep(run, getattr(self, "n_iter_", 0) + 1)

    def _accept(self, X, y, sample_weight, reset):
        """The data as arrays, and a weight for each row."""
        accepted = {"accept_sparse": not self.hidden and "csr", "dtype": FLOATS, "y_numeric": is_regressor(self)}
        X, y = validate_data(self, X, y, reset=reset, **accepted)
        y = real(y, "y") if is_regressor(self) else y
        if sample_weight is None:
            return X, y, np.ones(len(y))
        weight = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
        if weight.shape != (len(y),):
            raise ValueError(f"sample_weight must have shape ({len(y)},), one weight per row, not {weight.shape}")
        if weight.min() < 0.0 or weight.max() == 0.0:
            raise ValueError("sample_weight must be at least 0, and not zero for every row")
        return X, y, weight

    def _problem(self):
        """The problem of the parameters, for the columns and the targets of the fit."""
        loss, outputs = self._loss()
        if self.hidden:
            if not self.fit_intercept:
                raise ValueError("hidden layers always have intercepts; pass fit_intercept=True")
            activation = words.record(self.activation, words.ACTIVATIONS, "activation")
            model = MLP(self.n_features_in_, self.hidden, outputs, activation)
        else:
            model = Linear(self.n_features_in_, outputs, self.fit_intercept)
        penalty = "none" if self.penalty is None else self.penalty
        self.problem_ = Problem(model, loss, words.record(penalty, words.PENALTIES, "penalty", self.lam)).ready()
        return self.problem_

    def _method(self, problem, X, weight):
        """Optimizer, schedule and batch size of a fit to these rows; the first two are kept."""
        n, batch = len(weight), self._batch(len(weight))
        usual = Adam if self.hidden else Nesterov if batch == n else SGD
        self.optimizer_ = words.record(self.optimizer, {"auto": usual, **words.OPTIMIZERS}, "optimizer")
        self.schedule_ = self.schedule
        if isinstance(self.schedule, str):
            rows = (problem, self.optimizer_, X, weight, batch)
            eta = words.record(self.learning_rate, {"auto": learning_rate}, "learning_rate", *rows)
            steps = number(self.epochs, "epochs", Range(1), int) * math.ceil(n / batch)
            self.schedule_ = words.record(self.schedule, words.SCHEDULES, "schedule", eta, steps)
        return {"optimizer": self.optimizer_, "schedule": self.schedule_, "batch_size": batch}

    def _batch(self, n):
        """The batch size for n rows: at most all of them."""
        size = words.record(self.batch_size, {"auto": lambda: BATCH if self.hidden else None}, "batch_size")
        return n if size is None else min(n, number(size, "batch_size", Range(1), int))

    def _generator(self):
        seed = self.random_state
        if seed is None or isinstance(seed, np.random.RandomState):
            seed = check_random_state(seed).randint(2**31)
        return np.random.default_rng(seed)

    def _keep(self, run, epochs):
        """Take the attributes from the run, in place of those of an earlier one."""
        for name in ("coef_", "intercept_", "coefs_", "intercepts_"):
            self.__dict__.pop(name, None)
        self.run_, self.n_iter_ = run, epochs
        model, w = run.problem.model, weights(run.problem.model)
        W, b = run.theta[:w], run.theta[w:]
        if self.hidden:
            shapes = [*pairwise(layers(model))]
            parts = np.split(W, np.cumsum([p * q for p, q in shapes])[:-1])
            self.coefs_ = [part.reshape(q, p).T for part, (p, q) in zip(parts, shapes, strict=True)]
            self.intercepts_ = np.split(b, np.cumsum([q for _, q in shapes])[:-1])
        else:
            self._keep_linear(W.reshape(model.outputs, -1), b if model.intercept else np.zeros(model.outputs, b.dtype))
        if run.status == "interrupted":
            raise KeyboardInterrupt
        return self

    def _scores(self, X):
        """The scores of each row: (n,) for one output, (n, k) for k."""
        check_is_fitted(self, "run_")
        network = hasattr(self, "coefs_")
        X = validate_data(self, X, reset=False, accept_sparse=not network and "csr", dtype=FLOATS)
        if network:
            return self.problem_.scores(self.run_.theta, X)
        return X @ self.coef_.T + self.intercept_
