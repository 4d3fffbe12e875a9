"""What the estimators share: scikit-learn's conventions translated to records, and the rest left to ``minimize``."""

from collections.abc import Callable
from functools import partial, wraps
from itertools import pairwise
from typing import Concatenate, ParamSpec, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_regressor
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from ._types import Matrix, Weights
from .models import layers, weights
from .parameters import Parameters
from .penalties import NoPenalty
from .problem import scored
from .quasi_newton import lbfgs
from .records import Range, number
from .results import Run
from .stopping import minimize_until, share_out, tell, unit
from .threads import one_thread
from .training import minimize
from .validation import FLOATS, real
from .weighting import distinct, relative, weighted

E = TypeVar("E")
P = ParamSpec("P")


def takes_rows_as_they_come(estimator):
    """Whether ``partial_fit`` can be offered."""
    if estimator.early_stopping:
        raise AttributeError("partial_fit has no rows to hold out; pass early_stopping=False")
    if estimator.optimizer == "lbfgs":
        raise AttributeError("partial_fit sees some rows at a time, L-BFGS all; pass another optimizer")
    return True


def whole_or_not_at_all(fit: Callable[Concatenate[E, P], E]) -> Callable[Concatenate[E, P], E]:
    """A fit that leaves the estimator as it was if an error ends it: none of it meets an earlier fit."""

    @wraps(fit)
    def run(self: E, *args: P.args, **kwargs: P.kwargs) -> E:
        before = vars(self).copy()
        try:
            return fit(self, *args, **kwargs)
        except Exception:
            self.__dict__ = before
            raise

    return run


class Descent(Parameters):
    """Fits a linear model or a network; a subclass knows the targets and the loss."""

    @whole_or_not_at_all
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
            If L-BFGS, or a linear model stepping along the gradient of all rows, did not reach the tolerance,
            or if a fit took no step, because the data are so small that the tolerance is reached at the start.
        DivergenceWarning
            If the objective grew beyond bounds.
        """
        start = self.run_.theta if self.warm_start and hasattr(self, "run_") else None
        X, y, weight = self._accept(X, y, sample_weight, reset=True)
        if not weight.all():
            X, y, weight = X[weight > 0.0], y[weight > 0.0], weight[weight > 0.0]
        y = self._learn_targets(y)
        problem = self._problem()
        if start is not None:
            self._must_fit(problem.model, "warm_start")
        self.optimizer_ = self._optimizer(problem, len(y), alone=True)
        by_lbfgs = self.optimizer_ == "lbfgs"
        whole = by_lbfgs or not (self.hidden or self.early_stopping or self._batch(len(y)) < len(y))
        train = partial(self._train_until, unit(weight)) if self.early_stopping else self._train
        if not whole:
            X, y, weight = distinct(X, y, weight)
        self.__dict__.pop("validation_loss_", None)
        run = (self._train_by_lbfgs if by_lbfgs else train)(problem, X, y, weight, start, self._generator())
        tell(run, self.tolerance, start is None, whole)
        return self._keep(run, run.epochs)

    def _must_fit(self, model, who):
        if model != (last := self.run_.problem.model):
            needed = "the same columns, scores and fit_intercept as the last fit, and the same network"
            raise ValueError(f"{who} needs {needed}: {last}, not {model}")

    def _train_by_lbfgs(self, problem, X, y, weight, start, rng):
        self.schedule_ = None
        problem, y = weighted(problem, y, relative(weight))
        epochs = number(self.epochs, "epochs", Range(1), int)
        return lbfgs(problem, X, y, start=start, seed=rng, epochs=epochs, tolerance=self.tolerance)

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

    @whole_or_not_at_all
    def _continue(self, X, y, weight):
        """One pass through some rows as they stand, from where the last one ended."""
        problem, start = self._problem(), None
        if hasattr(self, "run_"):
            start = self.run_ if self.run_.memory else self.run_.theta
            self._must_fit(problem.model, "partial_fit")
        if start is not None and self.optimizer_ != "lbfgs":
            method = {"optimizer": self.optimizer_, "schedule": self.schedule_, "batch_size": self._batch(len(y))}
        else:
            self.optimizer_ = self._optimizer(problem, len(y), alone=False)
            method = self._method(problem, X, weight)
        seed = 0 if isinstance(start, Run) else self._generator()  # a run goes on with its own
        method |= {"start": start, "seed": seed, "sampling": "sequential"}
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
        weight = real(sample_weight, "sample_weight")
        weight = check_array(weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
        if weight.shape != (len(y),):
            raise ValueError(f"sample_weight must have shape ({len(y)},), one weight per row, not {weight.shape}")
        if weight.min() < 0.0 or weight.max() == 0.0:
            raise ValueError("sample_weight must be at least 0, and not zero for every row")
        return X, y, weight

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
            theta = np.require(self.run_.theta, X.dtype, "CW")  # as it was compiled for, also of a mapped file
            return scored(self.problem_.ready().model, theta, np.ascontiguousarray(X))
        return X @ self.coef_.T + self.intercept_
