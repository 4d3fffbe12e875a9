"""The lasso as an estimator for scikit-learn."""

import warnings
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ._types import Matrix, Weights
from .coordinate import solve
from .path import centered, lasso_path, lasso_problem
from .records import Range, number
from .threads import one_thread
from .validation import real
from .working import WorkingSet

__all__ = ["Lasso", "lasso_path"]
ACCEPTED = {"accept_sparse": ("csc", "csr"), "dtype": (np.float64, np.float32)}


class Lasso(RegressorMixin, BaseEstimator):
    r"""Linear regression with few weights other than zero (Tibshirani 1996).

    Minimizes :math:`\frac{1}{2n} \lVert y - X w - b \rVert^2 + \alpha \lVert w \rVert_1` by coordinate
    descent on a working set (``gdlearn.coordinate``). The convention is that of
    ``sklearn.linear_model.Lasso``, which this class can replace: the squared error has a factor 1/2 here,
    unlike ``gd.SquaredError()``, and ``gdlearn.path.lasso_problem`` converts. With sample weights v, the
    first term is :math:`\sum_i v_i (y_i - x_i^\top w - b)^2 / (2 \sum_i v_i)`.

    Parameters
    ----------
    alpha : float
        The strength of the penalty, greater than 0.
    fit_intercept : bool
        Whether there is a b; it is not penalized.
    max_iter : int
        At most so many sweeps over the working set.
    tol : float
        Stop at a duality gap of at most ``tol`` times the mean square of y, centered if there is an
        intercept.
    warm_start : bool
        Whether ``fit`` begins with the weights of the last fit.

    Attributes
    ----------
    coef_ : ndarray
        Shape (d,).
    intercept_ : float
    dual_gap_ : float
        The objective is at most this far above its minimum.
    n_iter_ : int
        The sweeps done; 0 where all weights are zero from the start.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes(standardize=True)
    >>> gd.Lasso(alpha=10.0).fit(X, y).coef_.round(1) + 0.0
    array([ 0. ,  0. , 22.6,  6.8,  0. ,  0. , -3.1,  0. , 19.6,  0. ])
    """

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-4,
        warm_start: bool = False,
    ):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start

    @one_thread
    def fit(self, X: Matrix, y: ArrayLike, sample_weight: Weights = None) -> Self:
        """Fit the weights and the intercept.

        Parameters
        ----------
        X : array or sparse matrix (n, d)
        y : array (n,)
        sample_weight : array (n,), optional
            At least 0. A weight of 2 counts as the row twice.

        Returns
        -------
        self

        Warns
        -----
        ConvergenceWarning
            If the duality gap stays above the tolerance.
        """
        alpha = number(self.alpha, "alpha", Range(0.0, open_low=True))
        lasso_problem(alpha, 1, self.fit_intercept).ready()
        tol, max_iter = number(self.tol, "tol", Range(0.0)), number(self.max_iter, "max_iter", Range(1), int)
        work, means = self._begin(X, y, sample_weight)
        n = len(work.y)
        self._resume(work)
        gap, self.n_iter_ = solve(work, n * alpha, n * alpha, tol * work.energy, max_iter)
        if gap > tol * work.energy:
            message = f"the duality gap {gap / n:.3g} is above tol; pass a larger max_iter or tol, or scale X"
            warnings.warn(message, ConvergenceWarning, stacklevel=3)
        w = work.weights()
        self.coef_, self.intercept_ = w.astype(work.columns.X.dtype), float(means[-1] - means[:-1] @ w)
        self.dual_gap_ = gap / n
        return self

    def _begin(self, X, y, sample_weight):
        """The working set of the data, once they are checked, and the means.

        X must be finite. If all products with y are, it is, and need not be read once more to see that.
        """
        X, y = validate_data(self, X, y, y_numeric=True, ensure_all_finite=False, **ACCEPTED)
        y = real(y, "y")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        with np.errstate(invalid="ignore"):
            columns, y, means = centered(X, y, sample_weight, self.fit_intercept)
            work = WorkingSet(columns, y)
        if not (
            np.isfinite(work.energy) and np.isfinite(work.Xy).all() and y.all()
        ):  # BLAS may leave out products with a 0
            assert_all_finite(X, estimator_name=type(self).__name__, input_name="X")
            work.check()
        return work, means

    def _resume(self, work):
        """Begin at the weights of the last fit, if they are wanted and fit."""
        last = getattr(self, "coef_", None)
        if self.warm_start and last is not None and len(last) == len(work.Xy) and last.any():
            work.resume(last.astype(np.float64))

    def predict(self, X: Matrix) -> np.ndarray:
        """The predictions (n,) for X (n, d)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **ACCEPTED)
        return X @ self.coef_ + X.dtype.type(self.intercept_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
