"""The lasso for every strength of its penalty: the path from all zeros to almost none.

Everything here follows scikit-learn's convention, whose objective is half of ours: see :func:`lasso_problem`.
"""

import warnings

import numpy as np
import scipy
from numpy.typing import ArrayLike

from . import validation
from ._types import Matrix, issparse
from .columns import Columns, in_columns, products
from .coordinate import solve
from .losses import SquaredError
from .models import Linear
from .penalties import L1
from .problem import Problem
from .records import Range, number
from .threads import one_thread
from .weighting import relative
from .working import WorkingSet

# How often means are subtracted.
SUBTRACTIONS = {np.dtype(np.float64): 1, np.dtype(np.float32): 2}


def lasso_problem(alpha: float, inputs: int, fit_intercept: bool = True) -> Problem:
    r"""The lasso of scikit-learn's convention as a problem of this library: the one place that converts.

    scikit-learn minimizes :math:`\frac{1}{2n} \lVert y - X w - b \rVert^2 + \alpha \lVert w \rVert_1`. Our
    squared error has no 1/2, so twice that is our objective, with :math:`\lambda = 2 \alpha`: the same
    minimum, and a duality gap twice as large.

    Parameters
    ----------
    alpha : float
        The strength of the penalty for ``gd.Lasso`` and ``gd.lasso_path``.
    inputs : int
        The number of columns of X.
    fit_intercept : bool

    Returns
    -------
    Problem

    Examples
    --------
    >>> import gdlearn as gd
    >>> from gdlearn.path import lasso_problem
    >>> lasso_problem(0.5, inputs=3).penalty
    L1(lam=1.0)
    """
    alpha = number(alpha, "alpha", Range(0.0, open_low=True))
    return Problem(Linear(inputs, intercept=fit_intercept), SquaredError(), L1(2.0 * alpha))


@one_thread
def lasso_path(
    X: Matrix,
    y: ArrayLike,
    *,
    eps: float = 1e-3,
    alphas: int | ArrayLike = 100,
    tol: float = 1e-4,
    max_iter: int = 1000,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""The lasso along decreasing strengths of its penalty, each start from the solution before.

    For each alpha, minimizes :math:`\frac{1}{2n} \lVert y - X w \rVert^2 + \alpha \lVert w \rVert_1`
    (Tibshirani 1996) by coordinate descent, as explained in ``gdlearn.coordinate``. The arguments
    and the convention are scikit-learn's: there is no intercept, so center X and y first.

    Parameters
    ----------
    X : array or sparse matrix (n, p)
        float32 or float64, in C or Fortran order. The columns that may matter are copied; and all of X where it is
        sparse but not in columns, or in C order with no more columns than rows.
    y : array (n,)
    eps : float
        The last alpha as a share of the first.
    alphas : int or array
        How many, equally far apart on a logarithmic scale, beginning at the smallest alpha with all
        weights 0, :math:`\max_j |x_j^\top y| / n`; or the values themselves, greater than 0.
    tol : float
        Stop at a duality gap of at most ``tol`` times :math:`\lVert y \rVert^2 / n`. Rounding leaves a share
        of some :math:`10^{-14}` (for float32 some :math:`10^{-7}`): below that the path ends there, with the
        warning.
    max_iter : int
        At most so many sweeps over the working set for each alpha.

    Returns
    -------
    alphas : ndarray (k,)
        In decreasing order.
    coefs : ndarray (p, k)
    gaps : ndarray (k,)
        The duality gaps: each objective is at most so far above its minimum.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it.

    Warns
    -----
    RuntimeWarning
        If a gap stays above the tolerance, for want of sweeps or for rounding.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), Regularization paths for generalized linear models via
    coordinate descent. Massias, Gramfort and Salmon (2018), Celer: a fast solver for the lasso with
    dual extrapolation.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes(standardize=True)
    >>> alphas, coefs, gaps = gd.lasso_path(X, y - y.mean(), alphas=[40, 20, 5])
    >>> (coefs != 0.0).sum(axis=0)
    array([2, 3, 5])
    """
    X = _matrix(X)
    y = _vector(y, X.shape[0])
    columns, y, _ = centered(X, y, None, fit_intercept=False)
    tol, max_iter = number(tol, "tol", Range(0.0)), number(max_iter, "max_iter", Range(1), int)
    work, n = WorkingSet(columns, y), len(y)
    work.check()
    alphas = _grid(alphas, eps, work.bounds.max() / n)
    coefs, gaps, last = np.empty((X.shape[1], len(alphas)), X.dtype, order="F"), np.empty(len(alphas)), n * alphas[0]
    if len(alphas) > 1:
        work.prepare(n * alphas[-1], tol * work.energy)
    for k, threshold in enumerate(n * alphas):
        gaps[k] = solve(work, threshold, last, tol * work.energy, max_iter)[0] / n
        coefs[:, k], last = work.weights(), threshold
    if (missed := np.count_nonzero(n * gaps > tol * work.energy)) > 0:
        message = (
            f"{missed} of {len(alphas)} duality gaps stayed above the tolerance; pass more max_iter or a larger tol"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    return alphas, coefs, gaps


def centered(X, y, weight, fit_intercept):
    """The columns and y as the descent takes them, and their means (p + 1,), that of y last.

    Weighted rows are multiplied by the square roots of their weights, whose mean is made 1: the lasso of
    these rows is the weighted lasso. Dense X is copied only where it changes, or where its columns are no more
    than its rows and do not lie in a row each; sparse X keeps its zeros.
    """
    n, p = X.shape
    weight = np.ones(n) if weight is None else relative(weight)
    root, changes = np.sqrt(weight), (weight != 1.0).any()
    center = weight @ y / n if fit_intercept else 0.0
    y = root * (y - center)
    if issparse(X):
        means = X.T @ weight / n if fit_intercept else np.zeros(p)
        A = (scipy.sparse.diags_array(root) @ X if changes else X).tocsc().astype(X.dtype, copy=False)
        return Columns(validation.summed(A), means, root), y, np.append(means, center)
    A, means = _dense(X, weight, fit_intercept)
    if changes:
        A = A * root.astype(X.dtype)[:, None]
    return Columns(A, np.zeros(p), root), y, np.append(means, center)


def _dense(X, weight, fit_intercept):
    """X less its means, and these: single precision has the first ones roughly, and those of what is left exactly."""
    n, p = X.shape
    A, means = in_columns(X) if n >= p and not X.flags.f_contiguous else X, np.zeros(p)
    for _ in range(SUBTRACTIONS[X.dtype] if fit_intercept else 0):
        some = products(A, weight).astype(X.dtype, copy=False) / n
        means, A = means + some, np.subtract(A, some, out=None if A is X else A)
    return A, means


def _grid(alphas, eps, largest):
    """The strengths, in decreasing order."""
    if np.ndim(alphas) == 0:
        count = number(alphas, "alphas", Range(1), int)
        eps = number(eps, "eps", Range(0.0, 1.0, open_low=True))
        largest = max(largest, np.finfo(float).tiny / eps)  # y may be orthogonal to all columns
        return np.geomspace(largest, largest * eps, count)
    alphas = validation.vector(alphas, "alphas")
    if alphas.min() <= 0.0:
        raise ValueError(f"alphas must be greater than 0, not {alphas.min():g}; gd.closed_form solves least squares")
    return np.sort(alphas)[::-1]


def _matrix(X):
    if issparse(X) and X.ndim == 2 and 0 not in X.shape:
        return validation.inputs(X, X.shape[1]).tocsc()
    X = validation.real(X, "X")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X must have shape (n, p) with at least one row and one column, not {X.shape}")
    validation.finite(X, "X", "remove or impute these rows first")
    return X


def _vector(y, rows):
    y = validation.vector(y, "y")
    if len(y) != rows:
        raise ValueError(f"y has {len(y)} rows, but X has {rows} rows; each row of X needs its target")
    return y
